/* The calendar. All times are wall-clock times of the house: FullCalendar is told UTC and given times without
   an offset, so that it shows them as they are, whatever zone the browser is in. */
"use strict";

(() => {
  const config = JSON.parse(document.getElementById("cc-config").textContent);
  const words = config.words;
  const form = document.getElementById("cc-filters");
  const reset = document.getElementById("cc-reset");
  const toast = document.getElementById("cc-toast");
  const names = ["group", "channel", "owner", "state"];
  const views = { month: "dayGridMonth", week: "timeGridWeek", day: "timeGridDay", list: "list" };
  const phone = window.matchMedia("(max-width: 640px)").matches;
  const skew = Date.parse(config.now + "Z") - Date.now();
  const now = () => new Date(Date.now() + skew);
  const wall = (date) => date.toISOString().slice(0, 19);

  const asked = new URLSearchParams(location.search);
  names.forEach((name) => {
    const value = asked.get(name) || "";
    const select = form.elements[name];
    if (value && ![...select.options].some((option) => option.value === value)) {
      select.add(new Option("#" + value, value));
    }
    select.value = value;
  });

  let hiding;
  function say(text, bad) {
    toast.textContent = text;
    toast.classList.toggle("cc-bad", Boolean(bad));
    toast.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => { toast.hidden = true; }, bad ? 8000 : 3000);
  }

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  async function sentence(response) {
    try {
      const body = await response.json();
      return [body.message || body.detail, body.hint].filter(Boolean).join("") || words.failed;
    } catch {
      return words.failed;
    }
  }

  function remember() {
    const params = new URLSearchParams();
    names.forEach((name) => { if (form.elements[name].value) params.set(name, form.elements[name].value); });
    reset.hidden = !params.size;
    const view = Object.keys(views).find((key) => views[key] === calendar.view.type);
    params.set("view", view);
    params.set("date", calendar.getDate().toISOString().slice(0, 10));
    history.replaceState(null, "", "?" + params);
  }

  function feed(info, done, failed) {
    const params = new URLSearchParams({ start: wall(info.start), end: wall(info.end) });
    names.forEach((name) => { if (form.elements[name].value) params.set(name, form.elements[name].value); });
    fetch(config.feed + "?" + params, { headers: { Accept: "application/json" } })
      .then(async (response) => {
        if (!response.ok) throw new Error(await sentence(response));
        const rows = await response.json();
        done(rows.map((row) => ({
          id: String(row.id),
          title: row.title,
          start: row.start,
          url: config.page.replace("/0/", `/${row.id}/`),
          editable: row.can_move,
          classNames: ["cc-event", "cc-" + row.state].concat(row.can_move ? ["cc-movable"] : []),
          extendedProps: row,
        })));
      })
      .catch((error) => {
        say(error instanceof TypeError ? words.offline : error.message, true);
        failed(error);
      });
  }

  /** What people do on a day (tasks of reviews); posts' filters are none of theirs. */
  function tasks(info, done, failed) {
    if (!config.tasks || names.some((name) => form.elements[name].value)) {
      done([]);
      return;
    }
    const params = new URLSearchParams({ start: wall(info.start), end: wall(info.end) });
    fetch(config.tasks + "?" + params, { headers: { Accept: "application/json" } })
      .then(async (response) => {
        if (!response.ok) throw new Error(await sentence(response));
        const rows = await response.json();
        done(rows.map((row) => ({
          id: row.id, title: row.title, start: row.day, allDay: true, url: row.url, editable: false,
          classNames: ["cc-event", "cc-task"].concat(row.is_done ? ["cc-task-done"] : []),
          extendedProps: { isTask: true, isDone: row.is_done },
        })));
      })
      .catch(failed);
  }

  function element(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function content(info) {
    const row = info.event.extendedProps;
    if (row.isTask) {
      return { domNodes: [element("span", "cc-title", `${row.isDone ? "☑" : "☐"} ${info.event.title}`)] };
    }
    const line = element("span", "cc-line");
    line.append(element("b", "cc-time", info.timeText), element("span", "cc-title", info.event.title));
    const parts = [line];
    if (row.progress.total && row.state !== "draft") {
      const count = element("span", "cc-progress", `${row.progress.sent}/${row.progress.total}`);
      count.title = words.sent;
      parts.push(count);
    }
    if (row.progress.trouble) {
      const dot = element("i", "cc-trouble");
      dot.title = words.trouble;
      parts.push(dot);
    }
    return { domNodes: parts };
  }

  function describe(info) {
    const row = info.event.extendedProps;
    if (row.isTask) {
      info.el.title = info.event.title;
      info.el.dataset.testid = "task";
      return;
    }
    const groups = row.group_count === null ? words.filter : `${row.group_count} ${words.groups}`;
    const bits = [info.event.title, config.labels[row.state], row.author, groups];
    if (row.is_group_time) bits.push(words.local);
    if (row.progress.total) bits.push(`${row.progress.sent}/${row.progress.total} ${words.sent}`);
    info.el.title = bits.join(" · ");
    info.el.dataset.testid = "event-" + row.id;
  }

  async function drop(info) {
    try {
      const response = await fetch(`${config.feed}/${info.event.id}/`, {
        method: "PATCH",
        headers: { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") },
        body: JSON.stringify({ scheduled_at: wall(info.event.start) }),
      });
      if (!response.ok) {
        info.revert();
        say(await sentence(response), true);
        return;
      }
      say(`${words.moved} ${wall(info.event.start).slice(0, 16).replace("T", " ")}`);
    } catch {
      info.revert();
      say(words.offline, true);
    }
  }

  function add(info) {
    if (!config.add) return;
    let at = info.date;
    if (info.allDay) {
      at = new Date(at.getTime() + 10 * 3600e3);
      const hour = new Date(Math.ceil((now().getTime() + 60e3) / 3600e3) * 3600e3);
      if (at <= now() && wall(hour).slice(0, 10) === wall(at).slice(0, 10)) at = hour;
    }
    if (at <= now()) {
      say(words.past, true);
      return;
    }
    location.href = `${config.add}?at=${wall(at).slice(0, 16)}`;
  }

  const isTimed = (type) => type.startsWith("timeGrid");
  const heightOf = (type) => (isTimed(type) ? Math.max(window.innerHeight - 240, 420) : "auto");
  const initialView = views[asked.get("view")] || (phone ? views.list : views.month);

  const calendar = new FullCalendar.Calendar(document.getElementById("cc-calendar"), {
    timeZone: "UTC",
    now: () => wall(now()),
    locale: document.documentElement.lang.startsWith("zh") ? "zh-cn" : "en",
    initialView,
    initialDate: /^\d{4}-\d\d-\d\d$/.test(asked.get("date") || "") ? asked.get("date") : config.now.slice(0, 10),
    headerToolbar: phone
      ? { start: "title", center: "", end: "prev,today,next" }
      : { start: "prev,next today", center: "title", end: Object.values(views).join(",") },
    footerToolbar: phone ? { center: Object.values(views).join(",") } : false,
    views: { list: { type: "list", duration: { days: 14 }, buttonText: words.list } },
    height: heightOf(initialView),
    noEventsContent: words.empty,
    firstDay: 1,
    nowIndicator: true,
    navLinks: true,
    allDaySlot: true,
    allDayText: "",
    dayMaxEvents: 5,
    slotEventOverlap: false,
    defaultTimedEventDuration: "00:30",
    forceEventDuration: true,
    scrollTime: "07:00",
    eventDisplay: "block",
    displayEventEnd: false,
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    editable: true,
    eventDurationEditable: false,
    snapDuration: "00:05",
    dragRevertDuration: 150,
    longPressDelay: 350,
    eventSources: [feed, tasks],
    eventContent: content,
    eventDidMount: describe,
    eventDrop: drop,
    dateClick: add,
    datesSet: (info) => {
      const height = heightOf(info.view.type);
      if (calendar.getOption("height") !== height) {
        calendar.setOption("height", height);
        if (isTimed(info.view.type)) setTimeout(() => calendar.scrollToTime("07:00"));
      }
      remember();
    },
  });
  calendar.render();

  form.addEventListener("change", () => { remember(); calendar.refetchEvents(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { remember(); calendar.refetchEvents(); }));
  setInterval(() => { if (!document.hidden && !document.querySelector(".fc-event-dragging")) calendar.refetchEvents(); }, 15000);
})();

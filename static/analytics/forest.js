// 裂变森林: a click on 还有 N 人 loads the next friends into the picture.
(() => {
  "use strict";

  const box = document.querySelector('[data-chart="tree"]');
  const source = document.getElementById("chart-data-tree");
  if (!box || !source) return;
  const option = JSON.parse(source.textContent);

  /** Puts ``children`` where the node with this address is; true when it was found. */
  function replace(node, address, children) {
    const list = node.children || [];
    const at = list.findIndex((child) => child.load === address);
    if (at >= 0) {
      list.splice(at, 1, ...children);
      node.collapsed = false;
      return true;
    }
    return list.some((child) => replace(child, address, children));
  }

  async function load(address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { children } = await answer.json();
    replace(option.series[0].data[0], address, children);
    // The board draws from the page's JSON, in the page's colours, now and when those change.
    source.textContent = JSON.stringify(option);
    window.analyticsBoard.drawAll();
  }

  const narrow = window.matchMedia("(max-width: 640px)");
  if (narrow.matches) {
    Object.assign(option.series[0], { left: 70, right: 80 });
    source.textContent = JSON.stringify(option);
    window.analyticsBoard.drawAll();
  }
  echarts.getInstanceByDom(box).on("click", (event) => {
    if (event.data && event.data.load) load(event.data.load);
  });
})();

"""Pictures of landing pages: taking them in, and showing them to staff."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.campaigns.admin.pages import need, staff, visible_campaign
from apps.campaigns.models import Campaign
from apps.campaigns.services.landing import keep_picture
from apps.core.errors import DomainError


def picture_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """POST ``file`` → its token and where to look at it; 400 with a sentence for what is refused."""
    need(request, "add_landingpicture")
    return _keep(request, visible_campaign(request, pk))


@require_POST
def _keep(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": _("没有收到图片，请再选一次。")}, status=400)
    try:
        picture = keep_picture(campaign=campaign, file=file, actor=staff(request))
    except DomainError as error:
        return JsonResponse({"error": str(error)}, status=400)
    url = reverse("admin:campaigns_campaign_landing_thumb", args=[campaign.pk, picture.token])
    return JsonResponse({"token": picture.token, "url": url, "name": picture.name})


def thumb_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The smallest size of a picture of the campaign's."""
    need(request, "view_landingpicture")
    picture = visible_campaign(request, pk).landing_pictures.filter(token=token).first()
    if picture is None or not default_storage.exists(picture.sizes[0]["name"]):
        raise Http404
    response = FileResponse(default_storage.open(picture.sizes[0]["name"]), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response

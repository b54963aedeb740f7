"""What staff see of the member pages: where visitors came from, what they did, links and previews."""

from apps.h5.admin.conversion import ConversionAdmin
from apps.h5.admin.personal_link import personal_link_view
from apps.h5.admin.share_link import ShareLinkAdmin
from apps.h5.admin.touch import TouchAdmin
from apps.h5.admin.visitor import VisitorAdmin

__all__ = ["ConversionAdmin", "ShareLinkAdmin", "TouchAdmin", "VisitorAdmin", "personal_link_view"]

"""URLs of 审核附件 and of the second look at the sample."""

from django.urls import path

from cylinders.views import checks

urlpatterns = [
    path("bureau/cylinders/<slug:code>/photos/", checks.check, name="check"),
    path("bureau/cylinders/<slug:code>/photos/save/", checks.check_save, name="check-save"),
    path("bureau/cylinders/<slug:code>/photos/result/", checks.check_result, name="check-result"),
    path("bureau/cylinders/<slug:code>/photos/finish/", checks.check_finish, name="check-finish"),
    path("bureau/cylinders/<slug:code>/sample/", checks.sample, name="sample"),
    path("bureau/cylinders/<slug:code>/sample/save/", checks.sample_save, name="sample-save"),
    path("bureau/cylinders/<slug:code>/sample/result/", checks.sample_result, name="sample-result"),
]

"""URLs of 审核附件 and of the second look at the sample."""

from django.urls import path

from cylinders.views import checks

urlpatterns = [
    path("bureau/cylinders/<str:code>/photos/", checks.check, name="check"),
    path("bureau/cylinders/<str:code>/photos/save/", checks.check_save, name="check-save"),
    path("bureau/cylinders/<str:code>/photos/result/", checks.check_result, name="check-result"),
    path("bureau/cylinders/<str:code>/photos/finish/", checks.check_finish, name="check-finish"),
    path("bureau/cylinders/<str:code>/sample/", checks.sample, name="sample"),
    path("bureau/cylinders/<str:code>/sample/save/", checks.sample_save, name="sample-save"),
    path("bureau/cylinders/<str:code>/sample/result/", checks.sample_result, name="sample-result"),
]

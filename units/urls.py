"""URLs of sign-in, people, accounts and the file door."""

from django.urls import path

from units.views import account, files, help, me, sign_in, staff, staff_change

app_name = "units"
urlpatterns = [
    path("sign-in/", sign_in.unit, name="sign-in"),
    path("m/sign-in/", sign_in.phone, name="phone-sign-in"),
    path("m/sign-in/code/", sign_in.phone_code, name="phone-code"),
    path("bureau/sign-in/", sign_in.bureau, name="bureau-sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("staff/", staff.list_, name="staff-list"),
    path("staff/add/", staff.add, name="staff-add"),
    path("staff/add/details/", staff.add_details, name="staff-add-details"),
    path("staff/<slug:code>/", staff.detail, name="staff-detail"),
    path("staff/<slug:code>/edit/", staff_change.edit, name="staff-edit"),
    path("staff/<slug:code>/deregister/", staff_change.deregister, name="staff-deregister"),
    path("m/me/", me.me, name="me"),
    path("account/", account.show, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/hazard-review/", account.hazard_review, name="hazard-review"),
    path("help/", help.help_, name="help"),
    path("files/<uuid:file_id>/", files.stored_file, name="file"),
]

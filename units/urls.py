"""URLs of sign-in, people, accounts and the file door."""

from django.urls import include, path

from units.views import (
    account,
    files,
    help,
    me,
    messages,
    registration,
    second_factor,
    sign_in,
    staff,
    staff_change,
)

app_name = "units"
urlpatterns = [
    path("sign-in/", sign_in.unit, name="sign-in"),
    path("m/sign-in/", sign_in.phone, name="phone-sign-in"),
    path("m/sign-in/code/", sign_in.phone_code, name="phone-code"),
    path("bureau/sign-in/", sign_in.bureau, name="bureau-sign-in"),
    path("bureau/sign-in/enrol/", second_factor.enrol, name="second-factor-enrol"),
    path("bureau/sign-in/code/", second_factor.code, name="second-factor"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("register/", registration.register, name="register"),
    path("register/code/", registration.register_code, name="register-code"),
    path("register/<slug:code>/", registration.register_state, name="register-state"),
    path("register/<slug:code>/edit/", registration.register_edit, name="register-edit"),
    path("bureaus/", registration.directory, name="directory"),
    path("staff/", staff.list_, name="staff-list"),
    path("staff/add/", staff.add, name="staff-add"),
    path("staff/add/details/", staff.add_details, name="staff-add-details"),
    path("staff/<slug:code>/", staff.detail, name="staff-detail"),
    path("staff/<slug:code>/edit/", staff_change.edit, name="staff-edit"),
    path("staff/<slug:code>/deregister/", staff_change.deregister, name="staff-deregister"),
    path("m/me/", me.me, name="me"),
    path("account/", account.show, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/second-factor/", second_factor.change, name="second-factor-change"),
    path("account/recovery-codes/", second_factor.recovery_codes, name="recovery-codes"),
    path("account/recovery-codes/renew/", second_factor.renew_codes, name="recovery-codes-renew"),
    path("account/hazard-review/", account.hazard_review, name="hazard-review"),
    path("messages/", messages.message_list, name="message-list"),
    path("messages/open/", messages.message_open, name="message-open"),
    path("messages/read-all/", messages.message_read_all, name="message-read-all"),
    path("", include("units.urls_organisation")),
    path("help/", help.help_, name="help"),
    path("help/ask/", help.ticket_ask, name="ticket-ask"),
    path("tickets/", help.ticket_list, name="ticket-list"),
    path("tickets/<slug:code>/", help.ticket, name="ticket"),
    path("files/<uuid:file_id>/", files.stored_file, name="file"),
]

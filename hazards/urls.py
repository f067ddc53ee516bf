"""URLs of the app."""

from django.urls import path

from hazards.views import desk, exports, field

app_name = "hazards"
urlpatterns = [
    path("hazards/", desk.hazard_list, name="list"),
    path("hazards/export/", exports.hazard_export, name="export"),
    path("hazards/<slug:code>/", desk.hazard_detail, name="detail"),
    path("m/hazards/", field.field_list, name="field-list"),
    path("m/hazards/<slug:code>/", field.field_detail, name="field-detail"),
    path("m/hazards/<slug:code>/order/", field.order, name="order"),
    path("m/hazards/<slug:code>/rectify/", field.rectify, name="rectify"),
    path("m/hazards/<slug:code>/deadline/", field.deadline, name="deadline"),
    path("m/hazards/<slug:code>/review/", field.review, name="review"),
    path("m/hazards/<slug:code>/send-back/", field.send_back, name="send-back"),
]

"""URLs of leave cover (请假代班)."""

from django.urls import path

from duties.views import cover

urlpatterns = [
    path("m/cover/", cover.cover_list, name="cover-list"),
    path("m/cover/add/", cover.cover_add, name="cover-add"),
    path("covers/", cover.cover_desk, name="cover-desk"),
    path("covers/add/", cover.cover_desk_add, name="cover-desk-add"),
    path("covers/<slug:code>/end/", cover.cover_end, name="cover-end"),
]

"""URLs of 我的待办, its rounds and their records, signing several at once (phone)."""

from django.urls import path

from duties.views import records, rounds, statistics, todo, together

urlpatterns = [
    path("m/", todo.todo, name="todo"),
    path("m/daily/", rounds.daily, name="daily"),
    path("m/weekly/", rounds.weekly, name="weekly"),
    path("m/monthly/", rounds.monthly, name="monthly"),
    path("m/team/", rounds.team, name="team"),
    path("m/statistics/", statistics.statistics_page, name="field-statistics"),
    path("m/sign/", together.sign_together, name="sign-several"),
    path("m/tasks/<slug:code>/", rounds.task, name="task"),
    path("m/records/", records.overview, name="field-records"),
    path("m/records/machines/<slug:code>/", records.machine, name="field-machine"),
    path("m/records/licences/<slug:code>/", records.licence, name="field-licence"),
    path("m/records/stations/<slug:code>/", records.station, name="field-station"),
    path("m/records/types/<slug:cadence>/<slug:category>/", records.history, name="field-type"),
    path("m/records/<slug:code>/", records.record, name="field-record"),
]

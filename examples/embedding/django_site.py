"""trigdsl in Django: a view takes records in, and a management command moves the clock and delivers.

    DJANGO_SETTINGS_MODULE=django_site python -m django runserver --noreload

This one file is settings, URLs and views, so that it can be read in one go; a site has them in their places.
"""

from __future__ import annotations

import json
import os
import secrets
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

import trigdsl

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_hex()
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
ROOT_URLCONF = __name__
TRIGDSL_STORE = os.environ.get("TRIGDSL_STORE", "sqlite:///state.db")


@cache
def engine() -> trigdsl.Engine:
    """The engine of this process, made when it is first asked for: threads share it, and it lasts in the store."""
    from django.conf import settings
    from host import FUNCTIONS

    program = trigdsl.load(Path(__file__).parent / "rules.trig", functions=FUNCTIONS)
    return trigdsl.Engine(program, store=settings.TRIGDSL_STORE, lateness="10s")


@csrf_exempt
@require_POST
def records(request: HttpRequest) -> HttpResponse:
    """Records as trigdsl has them, a JSON array. When this answers, they last."""
    try:
        given = json.loads(request.body)
    except ValueError as error:
        return JsonResponse({"error": f"the body is no JSON: {error}"}, status=400)
    if not isinstance(given, list):
        return JsonResponse({"error": "the body is not an array of records"}, status=400)
    before = engine().rejected
    engine().feed_many(given)
    return JsonResponse({"records": len(given), "rejected": engine().rejected - before}, status=202)


@require_GET
def pending(request: HttpRequest, user: str) -> HttpResponse:
    """What waits for a user."""
    return JsonResponse([one.to_dict() for one in engine().pending(user)], safe=False)


urlpatterns = [path("records", records), path("users/<str:user>/pending", pending)]

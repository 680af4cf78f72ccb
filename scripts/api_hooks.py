"""For test_api.py: what a schema can't say of a request to attach, where the request is meant to be right."""
import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.label != "POST /v1/sessions/{session}/sources" or not isinstance(case.body, dict):
        return
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # A port that the system chooses; nobody sends anything there.
    case.body.update(url="rtp://127.0.0.1:0", session=case.path_parameters["session"], crypto=None)
    if case.meta.phase.name.name == "STATEFUL":
        # What follows needs a session to follow on.
        case.body.update(consent="granted", notice_id="n-1", tracks=[{"speaker": case.body["tracks"][0]["speaker"]}])

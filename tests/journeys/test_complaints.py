"""Every template of a request leads to the centre with its answers, and with all the specialties that are asked for."""

import re

from server.consultation.complaints import PROMPTS
from server.consultation.kinds import Complaint
from tests.journeys.test_road import REQUEST, a_patient, a_request, house  # noqa: F401 - the fixture

SEVERAL = [("further_specialties", "神经内科"), ("further_specialties", "影像科")]


async def test_a_request_by_any_template_reaches_the_centre_with_all_its_answers(house):  # noqa: F811
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    patient = await a_patient(doctor)
    for complaint in Complaint:
        case = f"/consultations/{await a_request(doctor, patient, complaint=complaint)}"
        asked = dict(PROMPTS[complaint])
        page = await doctor.get(f"{case}/edit")
        assert [f'name="answer_{name}"' in page for name in asked] == [True] * len(asked)
        answers = {f"answer_{name}": f"答{number}：{complaint}" for number, name in enumerate(asked)}
        sent = await doctor.post(f"{case}/submit", {**REQUEST, "complaint": complaint, **answers})
        assert (sent.status, "中心初审" in sent) == (200, True), sent.text[-3000:]
        drawer = await centre.get(f"{case}/drawer")
        for words in (*asked.values(), *answers.values()):
            assert (complaint, words, words in drawer) == (complaint, words, True)


async def test_the_centre_sees_every_specialty_that_is_asked_for_and_whose_expert_fits(house):  # noqa: F811
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    case = f"/consultations/{await a_request(doctor, await a_patient(doctor))}"
    assert (await doctor.post(f"{case}/submit", [*REQUEST.items(), *SEVERAL])).status == 200
    for page in (await centre.get("/centre"), await centre.get(f"{case}/drawer"), await doctor.get(case)):
        assert "心血管内科、神经内科、影像科" in page
    drawer = await centre.get(f"{case}/drawer")
    offered = drawer.text.partition('<details class="other-candidates"')[0]
    fitting = re.findall(r'<li><label class="candidate">.*?</li>', offered, re.DOTALL)
    assert len(fitting) > 1
    assert all("专科相符" in one for one in fitting)

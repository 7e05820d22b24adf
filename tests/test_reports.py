"""The other reports and the occurrences: who agrees, who differs, and what is one happening."""

from collections.abc import Callable
from itertools import combinations

import pytest

ARTICLES = "https://w3id.org/milgraph/article/"
BASE = f"BASE <{ARTICLES}>\n"
MARCH = "2023-03-21-tu-95-sea-of-japan"
AGENCY = "2023-03-20-b-52h-baltic"

Asked = Callable[[str], bool]
Found = Callable[[str], list[tuple[str | None, ...]]]


@pytest.fixture(scope="module")
def holds(ask: Asked) -> Asked:
    """Whether a pattern has a match, with the folder of articles as base."""
    return lambda pattern: ask(f"{BASE}ASK {{ {pattern} }}")


@pytest.fixture(scope="module")
def found(rows: Callable[[str], list[tuple[object, ...]]]) -> Found:
    """The solutions of a query, each term without what comes before its last slash."""

    def name(term: object) -> str | None:
        text = getattr(term, "value", term)
        return None if text is None else str(text).rpartition("/")[2]

    return lambda query: [tuple(map(name, row)) for row in rows(BASE + query)]


# The reports


def test_every_report_names_its_publisher_its_address_and_its_time(found):
    incomplete = """
        SELECT ?article WHERE {
          ?article a mil:Article .
          FILTER NOT EXISTS {
            ?article dcterms:publisher/a mil:Actor ; dcterms:source ?address ; rdfs:label ?label ;
              mil:publishedOn ?published .
            ?published mil:earliestStart ?from ; mil:latestEnd ?to FILTER (?from <= ?to)
          }
        }"""
    assert found(incomplete) == []
    reports = found("SELECT DISTINCT ?article WHERE { ?article a mil:Article }")
    assert len(reports) >= 26


def test_a_report_of_which_we_have_no_text_has_one_segment_and_no_offsets(found):
    wrong = """
        SELECT ?article (COUNT(?segment) AS ?segments) (COUNT(?offset) AS ?offsets) WHERE {
          ?article a mil:Article . ?segment mil:inDocument ?article .
          OPTIONAL { ?segment mil:startOffset ?offset }
          FILTER NOT EXISTS { ?article mil:textDigest ?digest }
        } GROUP BY ?article HAVING (?segments != 1 || ?offsets != 0)"""
    assert found(wrong) == []


def test_a_claim_speaks_of_what_is_minted_under_its_own_article_only(found):
    foreign = """
        SELECT DISTINCT ?claim ?subject WHERE {
          { ?claim mil:inArticle ?article BIND (?claim AS ?graph) }
          UNION { ?claim mil:inArticle ?article ; mil:hasReading ?graph }
          GRAPH ?graph { ?subject ?predicate ?object }
          FILTER (!STRSTARTS(STR(?subject), CONCAT(STR(?article), "#")))
        }"""
    assert found(foreign) == []


def test_whoever_is_not_the_publisher_is_relayed_by_the_publisher_last(found):
    broken = """
        SELECT ?claim WHERE {
          ?claim mil:claimant ?claimant ; mil:inArticle/dcterms:publisher ?publisher .
          FILTER (?claimant != ?publisher)
          FILTER NOT EXISTS {
            ?claim mil:hasRelay ?last . ?last mil:relayer ?publisher ; mil:relayIndex ?n .
            FILTER NOT EXISTS { ?claim mil:hasRelay/mil:relayIndex ?later FILTER (?later > ?n) }
          }
        }"""
    assert found(broken) == []


def test_a_newspaper_is_the_fourth_link_from_the_ministry(found):
    chain = """
        SELECT ?origin ?step ?relayer WHERE {
          <2023-03-22-tu-95-relayed#claim-1> mil:claimant ?origin ; mil:hasRelay ?relay .
          ?relay mil:relayIndex ?step ; mil:relayer ?relayer .
        } ORDER BY ?step"""
    assert found(chain) == [
        ("russian-mod", "1", "tass"),
        ("russian-mod", "2", "jiji"),
        ("russian-mod", "3", "yomiuri"),
    ]


# Counts


def test_japans_newspaper_resolves_four_as_two_and_two(found):
    components = """
        SELECT ?state ?type ?atLeast ?atMost ?total WHERE {
          <2022-12-01-joint-bomber-flight#joint-flight> mil:hasParticipation ?group .
          ?group mil:count/mil:exactly ?total ; mil:hasComponent ?part .
          ?part mil:participant ?state ; mil:platformType ?type ; mil:count ?count .
          ?count mil:atLeast ?atLeast ; mil:atMost ?atMost .
        } ORDER BY ?state"""
    assert found(components) == [
        ("china", "h-6", "2", "2", "4"),
        ("russia", "tu-95", "2", "2", "4"),
    ]


CONTRADICTED_COUNTS = """
    SELECT DISTINCT ?occurrence ?type ?few ?most ?many ?least WHERE {
      ?occurrence mil:hasAccount ?one , ?two .
      ?one mil:hasParticipation/mil:hasComponent? ?a .
      ?two mil:hasParticipation/mil:hasComponent? ?b .
      ?a mil:platformType ?type ; mil:count/mil:atMost ?most ; mil:statedIn/mil:inArticle ?few .
      ?b mil:platformType ?type ; mil:count/mil:atLeast ?least ; mil:statedIn/mil:inArticle ?many .
      FILTER (?most < ?least)
    } ORDER BY ?few"""


def test_contradicted_counts_are_found_by_their_bounds_and_not_by_their_words(found):
    scramble = "2023-03-20-baltic-scramble"
    assert found(CONTRADICTED_COUNTS) == [
        (scramble, "su-35", AGENCY, "1", MARCH, "2"),
        (scramble, "su-35", "2023-03-21-su-35-telegram", "1", MARCH, "2"),
        (scramble, "su-35", MARCH, "1", MARCH, "2"),
    ]


def test_whatever_the_bounds_contradict_the_editors_have_judged(found):
    judged = """
        SELECT DISTINCT ?first ?second WHERE {
          ?judgement a mil:Contradiction ; mil:facet facet:count ; mil:firstClaim ?many ;
            mil:secondClaim ?few .
          ?many mil:inArticle ?first . ?few mil:inArticle ?second .
        }"""
    by_bounds = {(row[4], row[2]) for row in found(CONTRADICTED_COUNTS)}
    assert by_bounds <= set(found(judged))


def test_the_six_russian_aircraft_entered_a_zone_and_violated_nothing(found, holds):
    entry = """
        SELECT ?class ?place ?count WHERE {
          <2022-11-30-korean-zone-entries#zone-entry> a ?class ; mil:takesPlaceIn ?place ;
            mil:hasParticipation/mil:count/mil:exactly ?count .
          VALUES ?class { mil:ZoneEntry mil:AirspaceViolation }
        }"""
    assert found(entry) == [("ontology#ZoneEntry", "korean-adiz", "6")]
    assert holds("place:korean-adiz mil:zoneKind zone:air-defence-identification-zone")


# Borders


def test_the_denial_of_a_violated_border_is_in_no_view(holds):
    assert holds(f"""
        <{AGENCY}#claim-3> mil:polarity polarity:negative .
        GRAPH <{AGENCY}#claim-3> {{ <{AGENCY}#approach> a mil:AirspaceViolation }}""")
    assert not holds("?activity a mil:AirspaceViolation")


def test_a_denial_is_one_triple_about_what_the_same_article_reports(found):
    denials = """
        SELECT ?denial (COUNT(*) AS ?triples) WHERE {
          ?denial mil:polarity polarity:negative .
          GRAPH ?denial { ?subject ?predicate ?object }
          FILTER EXISTS { ?subject mil:statedIn ?claim . ?claim a mil:AcceptedGraph }
        } GROUP BY ?denial ORDER BY ?denial"""
    assert found(denials) == [
        ("2022-12-01-joint-bomber-flight#claim-2", "1"),
        (f"{AGENCY}#claim-3", "1"),
    ]


def test_the_denial_of_a_violated_border_is_the_ministrys(found):
    claimants = f"""
        SELECT DISTINCT ?claimant WHERE {{
          ?claim mil:inArticle <{AGENCY}> ; mil:claimant ?claimant
        }}"""
    assert found(claimants) == [("russian-mod",)]


def test_what_an_outlet_takes_for_granted_an_agency_has_denied(found):
    denied = """
        SELECT ?denial ?assertion ?modality WHERE {
          ?denial mil:polarity polarity:negative .
          GRAPH ?denial { ?one a ?class }
          ?occurrence mil:hasAccount ?one , ?other .
          GRAPH ?assertion { ?other a ?class }
          ?assertion mil:polarity polarity:positive ; mil:modality ?modality .
        }"""
    assert found(denied) == [(f"{AGENCY}#claim-3", f"{MARCH}#claim-41", "presupposed")]


def test_only_one_outlet_puts_the_interception_over_russian_waters(found):
    waters = "place:russian-waters-of-the-baltic-sea"
    assert found(
        f"SELECT ?activity WHERE {{ ?activity mil:takesPlaceIn {waters} }}"
    ) == [("2023-03-21-tu-95ms-routine-flight#interception",)]


# Escort and shadowing


def test_whoever_escorts_is_of_the_side_that_is_escorted(found):
    strangers = """
        SELECT ?escort WHERE {
          ?escort mil:escorts/mil:involvesState ?escorted ; mil:involvesState ?state .
          FILTER (?state != ?escorted)
        }"""
    assert found(strangers) == []


def test_an_escort_by_the_other_side_is_shadowing_and_the_word_is_noted(found):
    shadowing = """
        SELECT ?follower ?fighter ?followed WHERE {
          ?shadowing a mil:Shadowing ; dcterms:description ?word ; mil:hasParticipation ?part ;
            mil:interceptedActivity/mil:involvesState ?followed .
          ?part mil:participant ?follower ; mil:platformType ?fighter .
          FILTER (CONTAINS(?word, "escorted") && ?follower != ?followed)
        } ORDER BY ?follower"""
    assert found(shadowing) == [
        ("japan", "f-15", "russia"),
        ("russia", "su-27", "united-states"),
    ]


# Habits and sentences that return


def test_one_outlet_has_the_caspian_where_the_agency_has_the_baltic(found):
    areas = """
        SELECT DISTINCT ?article ?place WHERE {
          ?series mil:seriesActor actor:long-range-aviation ; mil:occursWithin ?place ;
            mil:describedIn ?article .
          FILTER (?place IN (place:baltic-sea, place:caspian-sea))
        } ORDER BY ?article"""
    assert found(areas) == [
        ("2022-12-14-tu-95ms-sea-of-japan", "baltic-sea"),
        (MARCH, "baltic-sea"),
        ("2023-03-21-tu-95ms-fighter-support", "baltic-sea"),
        ("2023-03-21-tu-95ms-routine-flight", "caspian-sea"),
    ]


def test_the_sentences_of_december_return_in_march(found):
    boilerplate = """
        SELECT DISTINCT ?first ?second WHERE {
          ?origin a mil:CommonOrigin ; mil:facet facet:wording ;
            mil:firstClaim/mil:inArticle ?first ; mil:secondClaim/mil:inArticle ?second .
        }"""
    assert found(boilerplate) == [
        ("2023-03-21-tu-95ms-fighter-support", "2022-12-14-tu-95ms-sea-of-japan")
    ]


def test_the_reports_of_the_march_flight_go_back_to_one_statement(found):
    reports = {
        article
        for (article,) in found("""
            SELECT DISTINCT ?article WHERE {
              occurrence:2023-03-21-sea-of-japan-flight mil:hasAccount/mil:describedIn ?article
            }""")
    }
    pairs = found("""
        SELECT DISTINCT ?first ?second WHERE {
          ?origin a mil:CommonOrigin ; mil:facet facet:attribution ;
            mil:firstClaim/mil:inArticle ?first ; mil:secondClaim/mil:inArticle ?second .
        }""")
    linked = {MARCH}
    for _ in pairs:
        linked |= {article for pair in pairs if linked & set(pair) for article in pair}
    assert len(reports) == 4
    assert reports <= linked


# Occurrences


def test_every_judged_account_is_described_by_a_claim(found):
    dangling = """
        SELECT ?judgement WHERE {
          ?judgement mil:judgedAccount ?account .
          FILTER NOT EXISTS { ?account mil:statedIn ?claim }
        }"""
    assert found(dangling) == []


def test_every_activity_is_an_account_of_exactly_one_occurrence(found):
    wrong = """
        SELECT ?activity WHERE {
          ?activity a mil:Activity .
          OPTIONAL { ?occurrence mil:hasAccount ?activity }
        } GROUP BY ?activity HAVING (COUNT(DISTINCT ?occurrence) != 1)"""
    assert found(wrong) == []


def test_no_occurrence_comes_after_itself_or_is_part_of_itself(found):
    circles = """
        SELECT ?occurrence WHERE {
          ?occurrence mil:hasAccount ?one , ?two . ?one mil:follows|mil:partOf ?two
        }"""
    assert found(circles) == []


def test_every_occurrence_has_an_account_or_is_what_an_account_supports(found):
    orphans = """
        SELECT ?occurrence WHERE {
          ?occurrence a mil:Occurrence .
          FILTER NOT EXISTS { ?occurrence mil:hasAccount ?account }
          FILTER NOT EXISTS { ?activity mil:inSupportOf ?occurrence }
        }"""
    assert found(orphans) == []


def test_every_judgement_has_a_reason_a_confidence_and_an_editor(found):
    bare = """
        SELECT ?judgement WHERE {
          ?judgement a mil:Judgement .
          FILTER NOT EXISTS {
            ?judgement mil:reason ?reason ; mil:judgedBy actor:milgraph-editors ;
              mil:confidence ?confidence FILTER (?confidence > 0 && ?confidence < 1)
          }
        }"""
    assert found(bare) == []


def test_what_judgements_speak_of_exists(found):
    dangling = """
        SELECT ?judgement ?thing WHERE {
          { ?judgement mil:firstClaim|mil:secondClaim|mil:judgedClaim ?thing
            FILTER NOT EXISTS { ?thing a mil:Claim } }
          UNION
          { ?judgement mil:firstOccurrence|mil:secondOccurrence|mil:codedOccurrence ?thing
            FILTER NOT EXISTS { ?thing a mil:Occurrence } }
        }"""
    assert found(dangling) == []


def test_the_encounter_over_the_baltic_is_one_whole_with_its_phases(found):
    phases = """
        SELECT ?part WHERE { ?part mil:partOfOccurrence occurrence:2023-03-20-baltic-encounter }
        ORDER BY ?part"""
    assert [part for (part,) in found(phases)] == [
        "2023-03-20-baltic-approach",
        "2023-03-20-baltic-detection",
        "2023-03-20-baltic-identification",
        "2023-03-20-baltic-return",
        "2023-03-20-baltic-scramble",
        "2023-03-20-baltic-withdrawal",
    ]


def test_each_report_attests_its_own_steps_of_the_encounter(found):
    attested = """
        SELECT ?article ?step WHERE {
          ?step mil:partOfOccurrence occurrence:2023-03-20-baltic-encounter ;
            mil:hasAccount/mil:describedIn ?article .
        }"""
    steps: dict[str | None, set[str | None]] = {}
    for article, step in found(attested):
        steps.setdefault(article, set()).add(step)
    assert len(steps[MARCH]) == 6
    assert steps[AGENCY] == {"2023-03-20-baltic-approach", "2023-03-20-baltic-scramble"}
    assert steps["2023-03-21-su-35-telegram"] == {"2023-03-20-baltic-scramble"}


KALIBR = """
    SELECT ?occurrence ?from ?to WHERE {
      ?occurrence mil:hasAccount ?launch .
      ?launch a mil:MissileLaunch ; mil:weapon platform:kalibr ; mil:hasTime ?time .
      ?time mil:earliestStart ?from ; mil:latestEnd ?to .
    }"""


def test_no_kalibr_twin_shares_an_occurrence_or_a_day_with_another(found):
    spans: dict[str, list[tuple[str, str]]] = {}
    for occurrence, start, end in found(KALIBR):
        spans.setdefault(str(occurrence), []).append((str(start)[:10], str(end)[:10]))
    assert sorted(year[:4] for year in spans) == ["2021", "2022", "2023", "2024"]
    for one, other in combinations(spans.values(), 2):
        assert all(a[1] < b[0] or b[1] < a[0] for a in one for b in other)


def test_every_pair_of_kalibr_twins_is_judged_different(found):
    twins = sorted({row[0] for row in found(KALIBR)}, key=str)
    verdicts = """
        SELECT ?first ?second WHERE {
          ?judgement mil:verdict verdict:different ; mil:firstOccurrence ?first ;
            mil:secondOccurrence ?second .
        }"""
    assert set(found(verdicts)) == set(combinations(twins, 2))


def test_the_launch_of_the_article_is_dated_by_the_report_of_the_day(found):
    narrower = """
        SELECT ?article WHERE {
          ?occurrence mil:hasAccount <2023-03-21-tu-95-sea-of-japan#kalibr-launch> , ?other .
          <2023-03-21-tu-95-sea-of-japan#kalibr-launch> mil:hasTime ?wide .
          ?wide mil:earliestStart ?earliest ; mil:latestEnd ?latest .
          ?other mil:hasTime ?narrow ; mil:describedIn ?article .
          ?narrow mil:earliestStart ?from ; mil:latestEnd ?to .
          FILTER (?from >= ?earliest && ?to <= ?latest && ?narrow != ?wide)
        }"""
    assert found(narrower) == [("2023-03-03-kalibr-launch",)]


# What editors judge


def test_the_day_of_an_announced_launch_is_inferred_and_not_stated(found):
    rules = """
        SELECT DISTINCT ?rule WHERE {
          ?activity mil:describedIn <2023-03-03-kalibr-launch> ; mil:hasTime ?time .
          ?time mil:anchoringRule ?rule ; mil:anchoredOn ?published .
        }"""
    assert found(rules) == [("day-of-the-statement",)]


def test_the_exercise_has_an_explanation_that_the_article_does_not_give(found):
    explanations = """
        SELECT ?holder ?cause WHERE {
          occurrence:2023-03-18-bmd-exercise mil:hasAccount ?exercise .
          ?hypothesis mil:hypothesisedEffect ?exercise ; mil:hypothesisedCause/mil:accountOf ?cause ;
            mil:statedIn/mil:claimant ?holder .
        }"""
    assert found(explanations) == [("yomiuri", "2023-03-16-icbm-launch")]


def test_nobody_supports_their_own_word(found):
    echoes = """
        SELECT ?judgement WHERE {
          ?judgement a mil:Corroboration ; mil:firstClaim ?claim ; mil:secondClaim/mil:claimant ?supporter .
          { ?claim mil:claimant ?supporter }
          UNION
          { ?attribution mil:judgedClaim ?claim ; mil:candidateClaimant ?supporter ; mil:confidence ?confidence
            FILTER (?confidence > 0.5) }
        }"""
    assert found(echoes) == []


def test_claims_that_can_both_be_true_are_compared_and_not_called_a_contradiction(
    found,
):
    doubted = """
        SELECT ?judgement WHERE {
          ?judgement a mil:Contradiction ; mil:confidence ?confidence . FILTER (?confidence < 0.5)
        }"""
    assert found(doubted) == []
    assert found("""
        SELECT ?facet ?first ?second WHERE {
          ?judgement a mil:ClaimComparison ; mil:facet ?facet ; mil:firstClaim ?first ; mil:secondClaim ?second .
          FILTER NOT EXISTS { ?judgement a ?kind . ?kind rdfs:subClassOf mil:ClaimComparison }
        } ORDER BY ?facet""") == [
        (
            "cause",
            f"{MARCH}#claim-51",
            "2023-03-19-exercise-after-icbm#claim-3",
        ),
        (
            "count",
            "2022-12-01-joint-bomber-flight#claim-1",
            "2022-11-30-korean-zone-entries#claim-1",
        ),
    ]


def test_planned_and_in_answer_are_judged_to_contradict_each_other(found):
    causes = """
        SELECT ?second WHERE {
          ?judgement a mil:Contradiction ; mil:facet facet:cause ;
            mil:firstClaim <2023-03-21-tu-95-sea-of-japan#claim-1> ; mil:secondClaim ?second .
        } ORDER BY ?second"""
    assert [claim for (claim,) in found(causes)] == [
        f"{MARCH}#claim-4",
        f"{MARCH}#claim-9",
        "2023-03-21-tu-95ms-fighter-support#claim-2",
    ]


def test_the_three_adversaries_are_named_by_editors_and_by_no_claim(found, holds):
    group = f"<{MARCH}#three-adversaries>"
    members = f"""
        SELECT ?member WHERE {{
          ?judgement mil:judgedGroup {group} ; mil:judgedMember ?member ; mil:reason ?rule
        }} ORDER BY ?member"""
    assert found(members) == [("china",), ("north-korea",), ("russia",)]
    assert not holds(f"GRAPH ?claim {{ {group} mil:member|mil:participant ?state }}")


def test_the_unsigned_release_is_probably_japanese_and_no_claim_says_so(found, holds):
    candidates = f"""
        SELECT ?candidate WHERE {{
          ?judgement mil:judgedClaim <{MARCH}#claim-56> ; mil:candidateClaimant ?candidate ;
            mil:confidence ?confidence .
        }} ORDER BY DESC(?confidence)"""
    assert found(candidates) == [("jmsdf",), ("us-navy",)]
    assert not holds(f"<{MARCH}#claim-56> mil:claimant actor:jmsdf")


def test_a_later_release_gives_the_aims_of_the_unsigned_one(found):
    aims = """
        SELECT DISTINCT ?aim WHERE {
          GRAPH <2023-06-19-missile-defence-aims#claim-2> { ?later mil:aim ?aim }
          GRAPH <2023-03-21-tu-95-sea-of-japan#claim-54> { ?unsigned mil:aim ?aim }
        } ORDER BY ?aim"""
    assert found(aims) == [("connect-networks",), ("share-target-data",)]


def test_one_joint_exercise_is_cooperation_between_two_and_posture_towards_a_third(
    found,
):
    codes = """
        SELECT ?code ?from ?towards WHERE {
          ?coding mil:codedOccurrence occurrence:2023-03-18-bmd-exercise ; mil:eventCode ?code ;
            mil:sourceActor ?from ; mil:targetActor ?towards .
          FILTER (?code IN (plover:COOPERATE, plover:MOBILIZE))
        } ORDER BY ?code ?from"""
    assert found(codes) == [
        ("COOPERATE", "united-states", "japan"),
        ("MOBILIZE", "japan", "north-korea"),
        ("MOBILIZE", "united-states", "north-korea"),
    ]


# Statistics


def test_every_count_of_a_tracker_says_what_it_counts_and_when(found):
    bare = """
        SELECT ?statistic WHERE {
          ?statistic a mil:Statistic .
          FILTER NOT EXISTS {
            ?statistic dcterms:description ?definition ; mil:statisticOf ?whose ; mil:measure ?what ;
              mil:count/mil:atLeast ?least ; mil:hasTime/mil:earliestStart ?from .
          }
        }"""
    assert found(bare) == []


def test_incidents_of_all_nuclear_states_are_not_ascribed_to_two_sides(found):
    whose = """
        SELECT ?whose WHERE {
          <2021-12-31-air-incidents#air-incidents> mil:statisticOf ?whose
        }"""
    assert found(whose) == [("2021-12-31-air-incidents#nuclear-armed-states",)]


def test_the_parts_of_the_half_year_add_up(found):
    parts = """
        SELECT (SUM(?n) AS ?sum) WHERE {
          ?statistic mil:describedIn <2022-10-17-japanese-scrambles> ; mil:count/mil:exactly ?n .
          FILTER (?statistic != <2022-10-17-japanese-scrambles#scrambles>)
        }"""
    assert found(parts) == [("446",)]


def test_about_is_never_exact(found):
    rounded = """
        SELECT ?article ?least ?most WHERE {
          ?statistic mil:describedIn ?article ; mil:count ?count .
          ?count mil:basis basis:inferred ; mil:atLeast ?least ; mil:atMost ?most .
          ?statistic a mil:Statistic .
        } ORDER BY ?article"""
    assert found(rounded) == [
        ("2021-08-19-nato-russian-incidents", "2850", "2950"),
        ("2021-12-28-nato-scrambles", "365", "375"),
    ]

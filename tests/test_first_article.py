"""The first article: what its file holds, and the thirty traps that it must not fall into."""

from collections.abc import Callable
from itertools import pairwise

import pytest

ARTICLE = "https://w3id.org/milgraph/article/2023-03-21-tu-95-sea-of-japan"
BASE = f"BASE <{ARTICLE}>\n"

Asked = Callable[[str], bool]
Found = Callable[[str], list[tuple[str | None, ...]]]


@pytest.fixture(scope="module")
def holds(ask: Asked) -> Asked:
    """Whether a pattern has a match, with the article as base."""
    return lambda pattern: ask(f"{BASE}ASK {{ {pattern} }}")


@pytest.fixture(scope="module")
def found(rows: Callable[[str], list[tuple[object, ...]]]) -> Found:
    """The solutions of a query with the article as base, each term by its last name."""

    def name(term: object) -> str | None:
        text = getattr(term, "value", term)
        return None if text is None else str(text).rpartition("#")[2].rpartition("/")[2]

    return lambda query: [tuple(map(name, row)) for row in rows(BASE + query)]


# What is in the file


def test_the_record_has_publisher_address_length_digest_and_a_span_of_publication(
    found,
):
    assert found("""
        SELECT ?publisher ?length ?digest ?rule ?from ?to WHERE {
          <> a mil:Article ; dcterms:publisher ?publisher ; dcterms:source ?address ;
            mil:textLength ?length ; mil:textDigest ?digest ; mil:publishedOn ?published .
          ?published mil:anchoringRule ?rule ; mil:reason ?reason ;
            mil:earliestStart ?from ; mil:latestEnd ?to .
        }""") == [
        (
            "eurasian-times",
            "5440",
            "c2de6163488485d9fb3e6b0e1ded0c3e6e1fd3950ec6d02adad165ef44593c5a",
            "publication-bounds",
            "2023-03-21T00:00:00+14:00",
            "2023-03-24T23:59:59-12:00",
        )
    ]


def test_every_assertion_of_the_text_but_the_two_of_other_articles_is_a_claim(found):
    claims = {
        name for (name,) in found("SELECT ?claim WHERE { ?claim mil:inArticle <> }")
    }
    assert {f"claim-{n}" for n in range(1, 71) if n not in {7, 8}} <= claims
    assert not {"claim-7", "claim-8"} & claims


def test_every_claim_and_every_reading_has_facts_of_its_own(found):
    without_facts = """
        SELECT ?graph WHERE {
          { ?graph mil:inArticle <> } UNION { ?claim mil:inArticle <> ; mil:hasReading ?graph }
          FILTER NOT EXISTS { GRAPH ?graph { ?subject ?predicate ?object } }
        }"""
    assert found(without_facts) == []


def test_every_claim_says_who_how_and_where_and_whoever_is_not_the_outlet_is_relayed(
    found,
):
    incomplete = """
        SELECT ?claim WHERE {
          ?claim mil:inArticle <> .
          FILTER NOT EXISTS {
            ?claim mil:claimant ?who ; mil:anchoredIn ?where ; mil:wording ?how ;
              mil:modality ?held ; mil:polarity ?sign ; mil:evidentiality ?ground ;
              dcterms:description ?words .
            FILTER (?who = actor:eurasian-times || EXISTS {
              ?claim mil:hasRelay ?relay .
              ?relay mil:relayIndex 1 ; mil:relayer actor:eurasian-times
            })
          }
        }"""
    assert found(incomplete) == []


def test_every_activity_has_one_time_with_a_first_and_a_last_bound(found):
    activities = found("SELECT ?a WHERE { ?a a mil:Activity ; mil:describedIn <> }")
    timed = found("""
        SELECT ?a WHERE {
          ?a a mil:Activity ; mil:describedIn <> ; mil:hasTime ?time .
          ?time mil:earliestStart ?start ; mil:latestEnd ?end .
          FILTER (?start < ?end)
        }""")
    assert sorted(timed) == sorted(activities)
    assert len(activities) >= 25


def test_every_activity_has_a_label(found):
    assert (
        found("""
        SELECT ?activity WHERE {
          ?activity a mil:Activity ; mil:describedIn <> .
          FILTER NOT EXISTS { ?activity rdfs:label ?label }
        }""")
        == []
    )


def test_captions_yield_one_historic_activity_and_nothing_else(found):
    assert found("""
        SELECT DISTINCT ?activity WHERE {
          ?activity a mil:HistoricActivity ; mil:statedIn/mil:anchoredIn/mil:segmentKind ?kind .
          FILTER (?kind IN (segment:caption, segment:image-credit)) ?activity mil:describedIn <>
        }""") == [("linebacker-take-off",)]
    assert (
        found("""
        SELECT DISTINCT ?activity WHERE {
          ?activity a mil:Activity ; mil:statedIn/mil:anchoredIn/mil:segmentKind ?kind .
          FILTER (?kind IN (segment:caption, segment:image-credit)) ?activity mil:describedIn <>
          FILTER NOT EXISTS { ?activity a mil:HistoricActivity }
        }""")
        == []
    )


def test_the_bombers_of_the_lead_are_exactly_two_because_the_text_says_so(found):
    assert found("""
        SELECT ?type ?least ?most ?basis WHERE {
          <#patrols> mil:hasParticipation ?bombers .
          ?bombers mil:platformType ?type ; mil:count ?count .
          ?count mil:atLeast ?least ; mil:atMost ?most ; mil:basis ?basis .
        }""") == [("tu-95", "2", "2", "stated")]


def test_no_count_is_exact_where_it_rests_on_a_plural(found):
    exact = """
        SELECT ?count WHERE {
          { ?count mil:exactly ?n ; mil:basis basis:plural }
          UNION
          { GRAPH ?claim { ?count mil:exactly ?n ; mil:basis basis:plural } }
        }"""
    assert found(exact) == []


def test_own_voices_differ_in_nodes_and_never_share_a_count(found):
    assert (
        found("""
        SELECT ?quantity WHERE {
          { SELECT ?quantity (COUNT(DISTINCT ?bound) AS ?bounds)
            WHERE { ?quantity mil:atLeast ?bound ; mil:describedIn <> } GROUP BY ?quantity }
          FILTER (?bounds > 1)
        }""")
        == []
    )


def test_bombers_and_escorts_over_the_sea_of_japan_in_march_2023(found):
    assert found("""
        SELECT DISTINCT ?flight ?bomber ?escort ?fighter ?atLeast WHERE {
          ?flight a mil:AirPatrol ; mil:describedIn <> ; mil:takesPlaceIn place:sea-of-japan ;
            mil:hasParticipation/mil:platformType ?bomber ; mil:hasTime/mil:earliestStart ?from .
          OPTIONAL {
            ?flight mil:hasEscort/mil:hasParticipation/mil:hasComponent? ?part .
            ?part mil:participant ?escort ; mil:platformType ?fighter ; mil:count/mil:atLeast ?atLeast
          }
          FILTER (?from >= "2023-03-01T00:00:00Z"^^xsd:dateTime)
        } ORDER BY ?flight ?fighter""") == [
        ("flight", "tu-95ms", "eastern-md-air-and-air-defence-army", "su-30sm", "1"),
        ("flight", "tu-95ms", "eastern-md-air-and-air-defence-army", "su-35", "1"),
        ("patrols", "tu-95", None, None, None),
    ]


# The segments


@pytest.fixture(scope="module")
def spans(
    rows: Callable[[str], list[tuple[object, ...]]],
) -> dict[str, tuple[int, int]]:
    """Start and end of each segment, by name; without a clash of digests."""
    query = """
        SELECT ?segment ?start ?end WHERE {
          ?segment mil:inDocument <> ; mil:startOffset ?start ; mil:endOffset ?end ; mil:digest ?digest .
          FILTER REGEX(?digest, "^[0-9a-f]{64}$")
        }"""
    plain = [
        [str(getattr(term, "value", term)) for term in row]
        for row in rows(BASE + query)
    ]
    return {iri.rpartition("#")[2]: (int(start), int(end)) for iri, start, end in plain}


def _sentences(
    spans: dict[str, tuple[int, int]], paragraph: str
) -> list[tuple[int, int]]:
    return sorted(
        span for name, span in spans.items() if name.startswith(f"{paragraph}-")
    )


PARAGRAPHS = [f"s{n}" for n in range(1, 30)]


def test_every_segment_has_offsets_and_a_digest(spans, found):
    segments = {name for (name,) in found("SELECT ?s WHERE { ?s mil:inDocument <> }")}
    assert set(spans) == segments
    assert set(PARAGRAPHS) <= segments
    assert len(segments) >= 29 + 20


def test_every_segment_starts_before_it_ends_and_ends_within_the_text(spans):
    assert all(0 <= start < end <= 5440 for start, end in spans.values())


def test_paragraphs_stand_in_order_and_do_not_overlap(spans):
    assert all(spans[one][1] < spans[two][0] for one, two in pairwise(PARAGRAPHS))
    assert (spans["s1"][0], spans["s29"][1]) == (0, 5440)


@pytest.mark.parametrize("paragraph", PARAGRAPHS)
def test_sentences_tile_their_paragraph_with_one_space_between_them(spans, paragraph):
    sentences = _sentences(spans, paragraph)
    if not sentences:
        return
    assert len(sentences) >= 2
    assert (sentences[0][0], sentences[-1][1]) == spans[paragraph]
    assert all(later[0] - earlier[1] == 1 for earlier, later in pairwise(sentences))


def test_segments_with_one_position_have_one_digest_and_no_two_positions_share_it(
    found,
):
    digests = found(
        "SELECT ?digest WHERE { ?segment mil:inDocument <> ; mil:digest ?digest }"
    )
    assert len(set(digests)) == len(digests)


def test_a_claim_is_anchored_in_a_sentence_where_its_paragraph_has_sentences(found):
    assert (
        found("""
        SELECT ?claim WHERE {
          ?claim mil:inArticle <> ; mil:anchoredIn ?segment .
          ?sentence mil:partOfSegment ?segment .
        }""")
        == []
    )


# The traps


def test_the_response_is_one_hypothesis_that_is_asserted_asked_and_supposed(found):
    assert found("""
        SELECT ?claim ?holder ?modality ?kind WHERE {
          GRAPH ?claim { <#tit-for-tat> mil:hypothesisedCause ?cause ; mil:hypothesisedEffect ?effect }
          ?claim mil:claimant ?holder ; mil:modality ?modality ; mil:anchoredIn/mil:segmentKind ?kind .
        } ORDER BY ?claim""") == [
        ("claim-1", "eurasian-times", "fact", "headline"),
        ("claim-3", "eurasian-times", "question", "headline"),
        ("claim-36", "eurasian-times", "question", "sub-head"),
        ("claim-68", "military-watchers", "hypothesis", "body"),
    ]


def test_beside_the_hypothesis_stands_that_the_flight_was_planned(found):
    assert found("""
        SELECT ?claimant ?activity ?modality WHERE {
          VALUES ?word { <#flight-planned> <#patrols-scheduled> }
          ?word a mil:Characterisation ; mil:concerns ?activity ; mil:statedIn ?claim .
          ?claim mil:claimant ?claimant ; mil:modality ?modality .
        } ORDER BY ?activity""") == [
        ("russian-mod", "flight", "fact"),
        ("russian-mod", "patrols", "fact"),
    ]


def test_no_edge_joins_the_russian_flight_and_the_american_one(holds):
    assert not holds("""
        VALUES ?russian { <#patrols> <#flight> <#bomber-flights> <#escort> }
        VALUES ?american { <#border-approach> <#approach> <#ndcc-flight> <#encounter>
                           <#baltic-overflight> <#bomber-encounter> <#joint-drills> <#bmd-exercise> }
        { ?russian ?edge ?american } UNION { ?american ?edge ?russian }
        UNION { GRAPH ?claim { ?russian ?edge ?american } } UNION { GRAPH ?claim { ?american ?edge ?russian } }
    """)


def test_only_the_three_scrambles_have_a_trigger(found):
    assert found("""
        SELECT ?activity ?trigger WHERE {
          ?activity mil:describedIn <> ; mil:triggeredBy ?trigger .
        } ORDER BY ?activity""") == [
        ("jasdf-scramble", "november-flight"),
        ("ndcc-scramble", "ndcc-flight"),
        ("scramble", "approach"),
    ]


def test_a_flight_towards_the_border_is_an_approach_and_never_a_violation(found, holds):
    assert holds(
        "<#approach> a mil:Approach ; mil:headedTowards place:russian-state-border"
    )
    assert not holds("?activity a mil:AirspaceViolation")
    assert found("""
        SELECT ?claim ?claimant ?modality WHERE {
          GRAPH ?claim { <#approach> a mil:AirspaceViolation }
          ?claim mil:claimant ?claimant ; mil:modality ?modality .
        }""") == [("claim-41", "eurasian-times", "presupposed")]


def test_patrols_flight_and_flights_are_three_accounts(found):
    assert found("""
        SELECT ?account ?type ?least ?most WHERE {
          VALUES ?account { <#patrols> <#flight> <#bomber-flights> }
          ?account a mil:Flight ; mil:takesPlaceIn place:sea-of-japan ; mil:hasParticipation ?part .
          ?part mil:platformType ?type ; mil:count ?count .
          ?count mil:atLeast ?least . OPTIONAL { ?count mil:atMost ?most }
        } ORDER BY ?account""") == [
        ("bomber-flights", "tu-95ms", "2", None),
        ("flight", "tu-95ms", "2", "2"),
        ("patrols", "tu-95", "2", "2"),
    ]


def test_the_day_of_the_statement_is_not_taken_for_the_day_of_the_flight(found, holds):
    assert found("""
        SELECT ?activity ?rule ?anchor WHERE {
          VALUES ?activity { <#flight> <#statement-march-21> }
          ?activity mil:hasTime ?time . ?time mil:anchoringRule ?rule ; mil:anchoredOn ?anchor .
        } ORDER BY ?activity""") == [
        ("flight", "day-after-the-statement", "ndcc-statement-time"),
        ("statement-march-21", "year-from-another-passage", "encounter-time"),
    ]
    assert not holds(
        "<#statement-march-21> mil:hasTime ?time . <#flight> mil:hasTime ?time"
    )


def test_the_headlines_of_other_articles_yield_no_claim_and_no_activity(found, holds):
    assert found("""
        SELECT ?segment WHERE {
          ?segment mil:inDocument <> ; mil:segmentKind segment:related-link } ORDER BY ?segment
        """) == [("s3",), ("s4",)]
    assert not holds(
        "?claim mil:inArticle <> ; mil:anchoredIn ?segment . VALUES ?segment { <#s3> <#s4> }"
    )
    assert not holds(
        "?node mil:statedIn/mil:inArticle <> . ?node ?property ?of ."
        "VALUES ?of { actor:ukraine actor:philippines actor:vietnam actor:afghanistan }"
    )


def test_more_than_is_a_lower_bound_and_belongs_to_this_flight_and_this_launch(
    found, holds
):
    assert found("""
        SELECT ?activity ?property ?bound ?unit WHERE {
          VALUES ?property { mil:duration mil:targetDistance }
          ?activity mil:describedIn <> ; ?property ?quantity . ?quantity mil:moreThan ?bound ; mil:unit ?unit .
          FILTER NOT EXISTS { ?quantity mil:atMost ?most }
        } ORDER BY ?activity""") == [
        ("flight", "duration", "7", "hour"),
        ("kalibr-launch", "targetDistance", "1000", "kilometre"),
    ]
    assert not holds("platform:kalibr ?property <#kalibr-distance>")


def test_neutral_waters_are_the_speakers_word_and_no_property_of_the_sea(found, holds):
    assert found("""
        SELECT ?word ?claimant ?of ?uncertain WHERE {
          ?word mil:characterisedAs zone:neutral-waters ; mil:concerns ?of ; mil:statedIn ?claim .
          ?claim mil:inArticle <> ; mil:claimant ?claimant .
          VALUES ?of { <#flight> <#long-range-flights> }
          OPTIONAL { ?claim mil:attributionUncertain ?uncertain }
        } ORDER BY ?word""") == [
        ("flight-waters", "russian-mod", "flight", None),
        ("long-range-waters", "russian-authorities", "long-range-flights", "true"),
    ]
    assert not holds("place:sea-of-japan mil:zoneKind ?kind")
    assert not holds(
        "?claim mil:inArticle <> . GRAPH ?claim { place:sea-of-japan ?is ?what }"
    )


def test_escorts_are_at_least_one_of_each_type_by_grammar(found):
    assert found("""
        SELECT ?type ?least ?most ?basis WHERE {
          <#escort> mil:hasParticipation/mil:hasComponent ?part .
          ?part mil:platformType ?type ; mil:count ?count .
          ?count mil:atLeast ?least ; mil:basis ?basis . OPTIONAL { ?count mil:atMost ?most }
        } ORDER BY ?type""") == [
        ("su-30sm", "1", None, "plural"),
        ("su-35", "1", None, "plural"),
    ]


def test_a_type_name_without_number_is_no_plural(found):
    assert found("""
        SELECT ?type ?least ?most ?basis WHERE {
          <#december-escort> mil:hasParticipation/mil:hasComponent ?part .
          ?part mil:platformType ?type ; mil:count ?count .
          ?count mil:atLeast ?least ; mil:basis ?basis . OPTIONAL { ?count mil:atMost ?most }
        } ORDER BY ?type""") == [
        ("su-30sm", "1", None, "bare-name"),
        ("su-35", "2", None, "plural"),
    ]


def test_who_accompanies_bombers_of_the_same_side_escorts_and_does_not_shadow(
    found, holds
):
    assert found("""
        SELECT ?escort ?escorted ?state WHERE {
          ?escort a mil:Escort ; mil:describedIn <> ; mil:escorts ?escorted ; mil:involvesState ?state .
          ?escorted mil:involvesState ?state .
        } ORDER BY ?escort""") == [
        ("december-escort", "december-flight", "russia"),
        ("escort", "flight", "russia"),
    ]
    assert not holds("?activity a mil:Shadowing ; mil:describedIn <>")


def test_the_escorts_are_of_one_formation_or_of_two_bodies(found):
    readings = """
        SELECT DISTINCT ?reading ?actor WHERE {
          <#claim-13> mil:hasReading ?reading .
          GRAPH ?reading { ?part mil:participant ?actor }
        } ORDER BY ?reading ?actor"""
    assert found(readings) == [
        ("claim-13-reading-a", "russian-air-force"),
        ("claim-13-reading-a", "district-air-defence-units"),
        ("claim-13-reading-b", "eastern-md-air-and-air-defence-army"),
    ]
    assert found(
        "SELECT ?reading WHERE { <#claim-13> mil:preferredReading ?reading }"
    ) == [("claim-13-reading-b",)]


def test_each_area_of_the_list_is_a_claim_of_its_own(found):
    assert found("""
        SELECT ?claim ?area WHERE {
          GRAPH ?claim { <#long-range-flights> mil:occursWithin ?area }
        } ORDER BY ?claim""") == [
        ("claim-15-1", "north-atlantic"),
        ("claim-15-2", "pacific-ocean"),
        ("claim-15-3", "black-sea"),
        ("claim-15-4", "baltic-sea"),
        ("claim-15-5", "arctic-ocean"),
    ]


def test_last_november_is_that_of_the_year_before_publication(found):
    assert found("""
        SELECT ?activity ?from ?to ?anchor ?rule WHERE {
          VALUES ?activity { <#november-flight> <#december-flight> }
          ?activity mil:hasTime ?time .
          ?time mil:earliestStart ?from ; mil:latestEnd ?to ; mil:anchoringRule ?rule .
          OPTIONAL { ?time mil:anchoredOn ?anchor }
        } ORDER BY ?from""") == [
        (
            "november-flight",
            "2022-11-21T00:00:00+09:00",
            "2022-11-30T23:59:59+09:00",
            "published",
            "last-third-of-the-month",
        ),
        (
            "december-flight",
            "2022-12-01T00:00:00+14:00",
            "2022-12-31T23:59:59-12:00",
            None,
            "whole-month",
        ),
    ]


def test_four_h_6_and_tu_95_have_three_readings_and_four_in_all_is_preferred(found):
    assert found("""
        SELECT ?reading ?preferred ?part ?least ?most WHERE {
          <#claim-21> mil:hasReading ?reading . ?reading mil:reason ?reason .
          BIND (EXISTS { <#claim-21> mil:preferredReading ?reading } AS ?preferred)
          GRAPH ?reading { ?part mil:count ?count }
          GRAPH ?reading { ?count ?bound ?least } FILTER (?bound IN (mil:exactly, mil:atLeast))
          OPTIONAL { GRAPH ?reading { ?count mil:exactly ?most } }
        } ORDER BY ?reading ?part""") == [
        ("claim-21-reading-a", "true", "november-bombers", "4", "4"),
        ("claim-21-reading-a", "true", "november-h-6", "1", None),
        ("claim-21-reading-a", "true", "november-tu-95", "1", None),
        ("claim-21-reading-b", "false", "november-bombers", "6", None),
        ("claim-21-reading-b", "false", "november-h-6", "4", "4"),
        ("claim-21-reading-b", "false", "november-tu-95", "2", None),
        ("claim-21-reading-c", "false", "november-bombers", "8", "8"),
        ("claim-21-reading-c", "false", "november-h-6", "4", "4"),
        ("claim-21-reading-c", "false", "november-tu-95", "4", "4"),
    ]
    assert found("""
        SELECT ?least ?most WHERE {
          <#november-flight> mil:hasParticipation/mil:count ?count . ?count mil:atLeast ?least ; mil:atMost ?most
        }""") == [("4", "4")]


def test_waters_near_japan_are_a_vague_region_and_not_a_named_sea(found):
    assert found("""
        SELECT ?place ?precision ?near WHERE {
          <#november-flight> mil:hasPlace ?place .
          ?place a mil:GeographicRegion ; mil:placePrecision ?precision ; mil:nearPlace ?near .
        }""") == [("waters-near-japan", "vague", "japan")]
    assert found(
        "SELECT ?area WHERE { <#november-flight> mil:takesPlaceIn ?area }"
    ) == [("waters-near-japan",)]


def test_the_demonstration_is_a_purpose_of_uncertain_attribution(found, holds):
    assert found("""
        SELECT ?claimant ?modality ?uncertain ?aim WHERE {
          GRAPH ?claim { <#november-flight> mil:aim ?aim }
          ?claim mil:claimant ?claimant ; mil:modality ?modality ; mil:attributionUncertain ?uncertain .
        }""") == [("japanese-mod", "purpose", "true", "demonstrate-capability")]
    assert not holds("<#november-flight> mil:aim ?aim")


def test_the_ministry_of_the_protest_is_uncertain_and_its_tone_is_no_fact(found, holds):
    assert found("""
        SELECT ?modality ?wording ?uncertain ?node WHERE {
          VALUES ?node { <#japanese-protest> <#november-judgement> }
          ?node mil:statedIn ?claim .
          ?claim mil:claimant actor:japanese-mod ; mil:modality ?modality ; mil:wording ?wording ;
            mil:attributionUncertain ?uncertain .
        } ORDER BY ?modality""") == [
        ("evaluation", "reported", "true", "november-judgement"),
        ("fact", "reported", "true", "japanese-protest"),
    ]
    assert found(
        "SELECT ?to WHERE { <#japanese-protest> mil:protestAgainst <#november-flight> ; mil:addressedTo ?to }"
        "ORDER BY ?to"
    ) == [("china",), ("russia",)]
    assert not holds("<#november-judgement> mil:characterisedAs ?word")


def test_the_disputed_feature_is_the_chain_as_the_article_names_it(found):
    assert found("""
        SELECT ?claimant ?feature WHERE {
          <#kuril-dispute> mil:concerns dispute:kuril-islands ; mil:hasSovereigntyClaim ?claim .
          ?claim mil:sovereigntyClaimant ?claimant ; mil:claimedFeature ?feature .
        } ORDER BY ?claimant""") == [
        ("japan", "kuril-islands"),
        ("russia", "kuril-islands"),
    ]


def test_the_launch_has_bounds_of_its_own_and_no_tie_to_the_dispute(found, holds):
    assert found("""
        SELECT ?from ?to ?rule WHERE {
          <#kalibr-launch> mil:hasTime ?time .
          ?time mil:earliestStart ?from ; mil:latestEnd ?to ; mil:anchoringRule ?rule .
        }""") == [
        (
            "2023-02-28T00:00:00+14:00",
            "2023-03-09T23:59:59-12:00",
            "weeks-before-publication",
        )
    ]
    assert not holds("""
        VALUES ?drill { <#kalibr-launch> <#kalibr-hit> }
        VALUES ?dispute { <#kuril-dispute> <#kuril-tensions> dispute:kuril-islands }
        { ?drill ?edge ?dispute } UNION { ?dispute ?edge ?drill }
    """)


def test_fighters_of_the_control_centre_and_the_one_of_the_ministry_are_both_kept(
    found,
):
    assert found("""
        SELECT ?scramble ?claimant ?least ?most ?basis WHERE {
          ?scramble a mil:Scramble ; mil:describedIn <> ; mil:hasParticipation ?part .
          ?part mil:platformType platform:su-35 ; mil:statedIn/mil:claimant ?claimant ; mil:count ?count .
          ?count mil:atLeast ?least ; mil:basis ?basis . OPTIONAL { ?count mil:atMost ?most }
        } ORDER BY ?scramble""") == [
        ("ndcc-scramble", "russian-ndcc", "2", None, "plural"),
        ("scramble", "russian-mod", "1", "1", "singular"),
    ]


def test_archive_pictures_have_a_time_of_their_own_and_depict_nothing_of_the_story(
    found,
):
    assert found("""
        SELECT ?picture ?shows WHERE { ?picture mil:illustrates ?shows ; mil:describedIn <> }
        ORDER BY ?picture ?shows""") == [
        ("picture-b-52", "linebacker-take-off"),
        ("picture-b-52", "b-52"),
        ("picture-tu-95ms", "tu-95ms"),
    ]
    assert found("""
        SELECT ?type ?from ?to ?operation WHERE {
          <#linebacker-take-off> mil:involvesPlatformType ?type ; mil:inSupportOf ?operation ; mil:hasTime ?time .
          ?time mil:earliestStart ?from ; mil:latestEnd ?to .
        }""") == [
        (
            "b-52",
            "1972-12-18T00:00:00+14:00",
            "1972-12-29T23:59:59-12:00",
            "operation-linebacker-ii",
        )
    ]


def test_the_reporting_name_is_an_alias_of_the_outlet_and_not_of_the_ministry(found):
    assert found("""
        SELECT ?claimant ?text ?scheme ?user WHERE {
          ?alias mil:aliasOf platform:su-35 ; mil:aliasText ?text ; mil:namingScheme ?scheme ;
            mil:usedBy ?user ; mil:statedIn ?claim .
          ?claim mil:inArticle <> ; mil:claimant ?claimant .
        }""") == [
        ("eurasian-times", "Flanker-E", "nato-reporting-name", "eurasian-times")
    ]


def test_bombers_near_the_baltic_are_read_as_borders_and_the_printed_word_is_kept(
    found, holds
):
    assert found("""
        SELECT ?reading ?confidence ?preferred WHERE {
          <#claim-45> mil:hasReading ?reading . ?reading mil:confidence ?confidence .
          BIND (EXISTS { <#claim-45> mil:preferredReading ?reading } AS ?preferred)
        } ORDER BY ?reading""") == [
        ("claim-45-reading-a", "0.4", "false"),
        ("claim-45-reading-b", "0.6", "true"),
    ]
    assert holds("<#bomber-encounter> mil:headedTowards place:russian-state-border")
    assert not holds("<#bomber-encounter> mil:target ?bombers")
    assert holds(
        "GRAPH <#claim-45-reading-a> { <#bomber-encounter> mil:target ?bombers }"
    )
    assert not holds("<#aerial-drill> mil:hasPlace|mil:partOf ?anything")


def test_one_habit_over_the_baltic_has_two_operators(found, holds):
    assert found("""
        SELECT DISTINCT ?series ?actor ?frequency WHERE {
          ?series a mil:ActivitySeries ; mil:describedIn <> ; mil:occursWithin place:baltic-sea ;
            mil:seriesActor ?actor ; mil:frequency ?frequency ; mil:statedIn/mil:claimant actor:eurasian-times .
        } ORDER BY ?series""") == [
        ("nato-baltic-patrols", "nato", "regularly"),
        ("us-baltic-flights", "united-states", "routinely"),
    ]
    assert not holds("?habit a mil:ActivitySeries , mil:Activity")


def test_the_weekend_exercise_and_the_joint_drills_are_not_merged(found, holds):
    assert found("""
        SELECT ?exercise ?from ?to WHERE {
          VALUES ?exercise { <#bmd-exercise> <#joint-drills> }
          ?exercise a mil:Exercise ; mil:hasTime ?time . ?time mil:earliestStart ?from ; mil:latestEnd ?to .
        } ORDER BY ?exercise""") == [
        ("bmd-exercise", "2023-03-18T00:00:00+14:00", "2023-03-19T23:59:59-12:00"),
        ("joint-drills", "2023-02-19T00:00:00+14:00", "2023-03-24T23:59:59-12:00"),
    ]
    assert not holds(
        "{ <#bmd-exercise> ?edge <#joint-drills> } UNION { <#joint-drills> ?edge <#bmd-exercise> }"
    )


def test_the_exercise_of_two_navies_is_a_joint_activity(holds):
    assert holds("<#bmd-exercise> a mil:JointActivity , mil:MissileDefenceExercise")


def test_the_issuer_of_the_press_release_stays_unidentified(found, holds):
    assert found("""
        SELECT ?claim ?modality WHERE {
          ?claim mil:inArticle <> ; mil:claimant <#press-release-issuer> ; mil:modality ?modality .
          <#press-release-issuer> a mil:UnidentifiedActor .
        } ORDER BY ?claim""") == [
        ("claim-54", "purpose"),
        ("claim-55", "presupposed"),
        ("claim-56", "norm"),
    ]
    assert not holds(
        "<#press-release-issuer> mil:ofState|mil:partOfOrganization ?anything"
    )
    assert not holds(
        "?claim mil:inArticle <> ; mil:claimant ?who . VALUES ?who { actor:japan actor:jmsdf actor:us-navy }"
    )


def test_a_claim_of_nothing_but_aims_is_a_claim_of_purpose(found):
    assert found("""
        SELECT DISTINCT ?claim ?modality WHERE {
          GRAPH ?claim { ?activity mil:aim ?aim }
          FILTER NOT EXISTS { GRAPH ?claim { ?subject ?other ?thing } FILTER (?other != mil:aim) }
          ?claim mil:inArticle <> ; mil:modality ?modality .
        } ORDER BY ?claim""") == [
        ("claim-22", "purpose"),
        ("claim-48", "purpose"),
        ("claim-54", "purpose"),
    ]


def test_missile_after_missile_is_at_least_two_and_the_tone_is_apart(found):
    assert found("""
        SELECT ?least ?most ?basis WHERE {
          <#missile-firings> a mil:ActivitySeries ; mil:seriesActor actor:north-korea ; mil:count ?count .
          ?count mil:atLeast ?least ; mil:basis ?basis . OPTIONAL { ?count mil:atMost ?most }
        }""") == [("2", None, "plural")]
    assert found("""
        SELECT ?modality WHERE {
          GRAPH ?claim { ?word mil:concerns <#missile-firings> } ?claim mil:modality ?modality
        }""") == [("evaluation",)]


def test_a_superlative_about_troops_is_no_number(holds):
    assert holds(
        "<#us-troops-in-japan> a mil:HostingArrangement ; mil:host actor:japan ; mil:hosted actor:us-armed-forces"
    )
    assert not holds(
        "<#us-troops-in-japan> mil:count|mil:amount|mil:hasParticipation ?anything"
    )


def test_the_three_adversaries_are_three_and_nobody_in_particular(found, holds):
    assert found("""
        SELECT ?least ?most ?basis WHERE {
          <#three-adversaries> a mil:ActorGroup ; mil:count ?count .
          ?count mil:atLeast ?least ; mil:atMost ?most ; mil:basis ?basis .
        }""") == [("3", "3", "stated")]
    assert not holds("""
        GRAPH ?claim { { <#three-adversaries> ?property ?actor } UNION { ?actor ?property <#three-adversaries> } }
        ?claim mil:inArticle <> . ?actor a mil:Actor .
    """)


def test_the_message_is_supposed_by_nameless_watchers_and_meant_for_nato(found, holds):
    assert found("""
        SELECT ?holder ?kind ?audience WHERE {
          GRAPH ?claim { <#tit-for-tat> mil:audience ?audience }
          ?claim mil:claimant ?holder . ?holder a ?kind . FILTER (?kind = mil:Collective)
        }""") == [("military-watchers", "Collective", "nato")]
    assert not holds("<#tit-for-tat> mil:audience ?audience")


def test_what_the_text_leaves_open_is_not_stated(holds):
    assert not holds(
        "?reaction mil:triggeredBy|mil:protestAgainst|mil:interceptedActivity <#flight>"
    )
    assert not holds(
        "VALUES ?flight { <#patrols> <#flight> <#bomber-flights> <#escort> <#scramble> <#return> <#approach> }"
        "?flight mil:originPlace|mil:returnPlace|mil:weapon ?anything"
    )
    assert not holds("?contact a mil:Interception ; mil:describedIn <>")
    assert not holds("<#kalibr-hit> mil:hasPlace|mil:target ?anything")
    assert not holds("?airframe a mil:Airframe ; mil:describedIn <>")


# The encounter over the Baltic Sea


def test_the_phases_of_the_encounter_follow_each_other_as_far_as_the_ministry_says(
    found,
):
    assert found("""
        SELECT ?later ?earlier WHERE {
          GRAPH ?claim { ?later mil:phaseOf <#encounter> ; mil:follows ?earlier }
        } ORDER BY ?later""") == [
        ("identification", "detection"),
        ("return", "withdrawal"),
        ("scramble", "detection"),
        ("withdrawal", "scramble"),
    ]


def test_only_what_happened_over_the_baltic_sea_is_placed_there(found):
    assert found("""
        SELECT ?activity WHERE {
          { <#encounter> mil:hasPlace place:baltic-sea BIND (<#encounter> AS ?activity) }
          UNION { ?activity mil:phaseOf <#encounter> ; mil:hasPlace place:baltic-sea }
        } ORDER BY ?activity""") == [("approach",), ("detection",), ("encounter",)]

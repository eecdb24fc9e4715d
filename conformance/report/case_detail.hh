// SPDX-License-Identifier: Apache-2.0
/// What people are shown of a case beside its verdict: who sent what to whom, the bytes of the
/// packets that violate, and what was said to the upper tester.
#pragma once

#include <string>
#include <vector>

#include "iut/iut.hh"
#include "pdu/capture.hh"
#include "report/marked_bytes.hh"
#include "report/result.hh"

namespace conform {

/// One packet, or a gap.
struct LadderStep {
    std::size_t packet = 0;  ///< its number in the capture; 0: a gap
    std::size_t left_out = 0;
    Time at{};
    std::size_t from = 0;  ///< a column
    std::size_t to = 0;
    std::string label;
    std::vector<std::string> violations;
};

struct Ladder {
    std::vector<std::string> columns;
    std::vector<LadderStep> steps;
};

struct MarkedPacket {
    std::size_t packet = 0;
    std::string label;
    std::vector<std::string> violations;
    std::vector<HexRow> rows;
};

struct CaseDetail {
    Ladder ladder;
    std::vector<MarkedPacket> packets;
    std::vector<std::string> control;  ///< "  0.500 s  > {..}"
    std::string environment;
};

/// Long conversations are left out in the middle, as steps say. Also names each frame of
/// `conversation` in its comments, violations first.
CaseDetail describe_conversation(Conversation& conversation, const CaseResult& result,
                                 const Iut& iut);

/// For a file beside the capture: verdict, findings, ladder, bytes, transcript, how to run it
/// again. Printable.
std::string to_text(const CaseResult& result, const CaseDetail& detail);

/// A picture of the ladder, to be put into a page or a file of its own.
std::string to_svg(const Ladder& ladder);

}  // namespace conform

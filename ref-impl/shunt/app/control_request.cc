// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_request.hh"

#include <fmt/format.h>

#include <utility>

#include "shunt/app/json_line.hh"

namespace shunt::app {
namespace {

std::string write(const Json& answer) {
    // Bytes that are no UTF-8 cannot come in by a request, but may stand in farm.toml or be what a
    // peer has sent.
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string refuse(const Json& id, const Refusal& refusal) {
    return write({{"id", id}, {"ok", false}, {"error", refusal.code}, {"text", refusal.text}});
}

}  // namespace

Failure<Refusal> malformed(std::string text) {
    return Failure{Refusal{"malformed", std::move(text)}};
}

std::optional<std::string> text_field(const Json& content, const char* field) {
    const auto found = content.find(field);
    if (found == content.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

std::string write_answer(const Json& id, const Outcome& outcome) {
    if (!outcome) return refuse(id, outcome.error());
    return write({{"id", id}, {"ok", true}, {"result", *outcome}});
}

std::string answer_request(std::string_view line, const Perform& perform) {
    const Json content = parse_json_line(line);
    if (!content.is_object()) {
        return refuse(nullptr, {"malformed", "expected one JSON object on one line"});
    }
    const Json id = content.value("id", Json());
    const auto verb = text_field(content, "do");
    if (!verb) return refuse(id, {"malformed", "do: expected the name of a verb"});
    const std::optional<Outcome> outcome = perform(*verb, content);
    if (!outcome) {
        return refuse(id,
                      {"unsupported", fmt::format("no verb \"{}\" here; see capabilities", *verb)});
    }
    return write_answer(id, *outcome);
}

}  // namespace shunt::app

// SPDX-License-Identifier: Apache-2.0
// A request of the control protocol and its answer, a JSON line each (docs/interfaces.md). The
// sessions' sources alone include this: it is the one header that names nlohmann-json.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "shunt/base/result.hh"

namespace shunt::app {

using Json = nlohmann::json;

/// Why a request has no result: a code for programs, and a text for people.
struct Refusal {
    std::string code;
    std::string text;
};
using Outcome = Result<Json, Refusal>;

/// What a device does at a verb of its own; nothing: it has none of that name. `content` is the
/// whole request, an object.
using Perform = std::function<std::optional<Outcome>(std::string_view verb, const Json& content)>;

/// The line that answers the request of that id, without line end.
std::string write_answer(const Json& id, const Outcome& outcome);

/// The answer to one line, without line end. Never fails: what is wrong is in the answer.
std::string answer_request(std::string_view line, const Perform& perform);

/// A field of a request that is a text.
std::optional<std::string> text_field(const Json& content, const char* field);

/// A field is missing, or not what was expected.
Failure<Refusal> malformed(std::string text);

}  // namespace shunt::app

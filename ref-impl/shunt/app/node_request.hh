// SPDX-License-Identifier: Apache-2.0
// A request of a node's upper tester as its verb sees it: fields that are read with their types,
// and what the verb is about (docs/interfaces.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shunt/app/control_request.hh"
#include "shunt/app/node_host.hh"
#include "shunt/app/node_options.hh"
#include "shunt/base/time.hh"

namespace shunt::app {

struct NodeRequest {
    /// A JSON object.
    const Json& content;
    NodeHost& host;
    TimeMode time;
    Instant now;

    /// The field, if it is there and not null. One of another type is a Refusal that says so.
    Result<std::optional<std::string>, Refusal> text(const char* field) const;
    Result<std::optional<bool>, Refusal> flag(const char* field) const;
    Result<std::optional<std::int64_t>, Refusal> integer(const char* field, std::int64_t least,
                                                         std::int64_t most) const;
};

}  // namespace shunt::app

// SPDX-License-Identifier: Apache-2.0
// What a server has as a home and as a target alike: its frames, the attempts that leave it, the
// endpoints that are on their way in.
#pragma once

#include <optional>

#include "shunt/base/deadline.hh"
#include "shunt/base/drawn_key.hh"
#include "shunt/migrate/endpoint/attempts.hh"
#include "shunt/migrate/endpoint/imports.hh"
#include "shunt/migrate/endpoint/messages.hh"

namespace shunt::migrate::endpoint {

struct Exchange {
    explicit Exchange(Context& context)
        : messages(context),
          attempts(context, messages),
          imports(context, messages),
          fingerprint_key(draw_key(context.rng)) {}

    std::optional<Instant> deadline() const {
        return earlier(attempts.deadline(), imports.deadline());
    }
    void handle_deadline(Instant now) {
        attempts.send_queues(now);
        imports.handle_deadline(now);
    }

    Messages messages;
    Attempts attempts;
    Imports imports;
    SipKey fingerprint_key;
};

}  // namespace shunt::migrate::endpoint

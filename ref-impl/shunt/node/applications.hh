// SPDX-License-Identifier: Apache-2.0
// The built-in applications as those of connections that come from another server in mid-use.
#pragma once

#include <memory>
#include <optional>

#include "shunt/farm/farm_config.hh"
#include "shunt/migrate/applications.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/sessions.hh"

namespace shunt::node {

class BuiltInApplications final : public migrate::Applications {
  public:
    /// All of them outlive this; `sessions` may come later.
    BuiltInApplications(const farm::FarmConfig& config, const farm::Server& self,
                        Contents& contents, std::optional<Sessions>& sessions)
        : config_(config), self_(self), contents_(contents), sessions_(sessions) {}

    /// A gateway takes none: its program would not know what was said before (EP-49).
    std::unique_ptr<stack::Conversation> resume(std::uint16_t port, ByteView context) override;

  private:
    const farm::FarmConfig& config_;
    const farm::Server& self_;
    Contents& contents_;
    std::optional<Sessions>& sessions_;
};

}  // namespace shunt::node

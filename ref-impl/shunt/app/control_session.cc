// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_session.hh"

#include <fmt/format.h>

#include <array>

#include "shunt/app/control_actions.hh"
#include "shunt/app/control_reports.hh"
#include "shunt/app/control_request.hh"
#include "shunt/app/node_request.hh"

namespace shunt::app {
namespace {

struct Verb {
    std::string_view name;
    Outcome (*run)(const NodeRequest&);
};

Outcome list_capabilities(const NodeRequest& request);

constexpr std::array<Verb, 14> kVerbs = {{{"hello", say_hello},
                                          {"capabilities", list_capabilities},
                                          {"reset", reset},
                                          {"listen", listen},
                                          {"migrate", migrate},
                                          {"drain", drain},
                                          {"state", report_state},
                                          {"restart", restart},
                                          {"kill", kill},
                                          {"tables", report_tables},
                                          {"counters", report_counters},
                                          {"sessions", report_sessions},
                                          {"members", report_members},
                                          {"log-level", log_level}}};

Outcome list_capabilities(const NodeRequest& request) {
    const farm::FarmSettings& farm = request.host.config().farm;
    Json verbs = Json::array();
    for (const Verb& verb : kVerbs)
        verbs.push_back(verb.name);
    return Json{{"verbs", verbs},
                {"profiles", {"endpoint"}},
                {"roles", {"home", "target"}},
                {"extensions", farm.has_extensions},
                {"binding", farm.binding == farm::Binding::Udp ? "udp" : "ethernet"},
                {"ethertype", farm.ethertype},
                {"migrate", farm.has_extensions ? "any" : "unbound"}};
}

}  // namespace

std::string ControlSession::answer(std::string_view line, Instant now) {
    return answer_request(
        line, [&](std::string_view name, const Json& content) -> std::optional<Outcome> {
            for (const Verb& verb : kVerbs)
                if (verb.name == name) return verb.run({content, host_, time_, now});
            return std::nullopt;
        });
}

}  // namespace shunt::app

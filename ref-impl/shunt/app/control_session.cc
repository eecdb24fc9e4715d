// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_session.hh"

#include <fmt/format.h>

#include <array>
#include <utility>

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

struct ObjectVerb {
    std::string_view name;
    ObjectDesk::Reply (ObjectDesk::*run)(const NodeRequest&, ObjectDesk::Client);
};

constexpr std::array<ObjectVerb, 7> kObjectVerbs = {{{"object-create", &ObjectDesk::create},
                                                     {"object-call", &ObjectDesk::call},
                                                     {"object-release", &ObjectDesk::release},
                                                     {"objects", &ObjectDesk::list},
                                                     {"object-serve", &ObjectDesk::serve},
                                                     {"object-next", &ObjectDesk::fetch_next},
                                                     {"object-answer", &ObjectDesk::take_answer}}};

Outcome list_capabilities(const NodeRequest& request) {
    const farm::FarmSettings& farm = request.host.config().farm;
    Json verbs = Json::array();
    for (const Verb& verb : kVerbs)
        verbs.push_back(verb.name);
    for (const ObjectVerb& verb : kObjectVerbs)
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

std::optional<std::string> ControlSession::answer(std::string_view line, Client client,
                                                  Instant now) {
    bool is_later = false;
    std::string answer = answer_request(
        line, [&](std::string_view name, const Json& content) -> std::optional<Outcome> {
            const NodeRequest request{content, host_, time_, now};
            for (const Verb& verb : kVerbs)
                if (verb.name == name) return verb.run(request);
            for (const ObjectVerb& verb : kObjectVerbs) {
                if (verb.name != name) continue;
                auto reply = (desk_.*verb.run)(request, client);
                is_later = !reply;
                return is_later ? Outcome(Json()) : std::move(reply);
            }
            return std::nullopt;
        });
    return is_later ? std::nullopt : std::optional(std::move(answer));
}

}  // namespace shunt::app

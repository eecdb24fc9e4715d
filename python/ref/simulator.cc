// SPDX-License-Identifier: Apache-2.0
// Worlds for Python. The interpreter's lock is kept while a world runs: a world has one thread.
#include <fmt/format.h>
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "binding/sealed_class.hh"
#include "bindings.hh"
#include "scripted_world.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/farm/validation.hh"
#include "shunt/node/generated_content.hh"
#include "value_class.hh"

namespace shunt::python {
namespace {

constexpr std::uint64_t kSeedMax = std::numeric_limits<std::uint64_t>::max();
/// Of one object that a client with a plan asks for, and sends.
constexpr std::uint64_t kObjectSizeMax = std::uint64_t{1} << 32;
constexpr std::uint64_t kUploadSizeMax = std::uint64_t{1} << 24;
/// How many events pass between two looks for Ctrl-C.
constexpr unsigned kEventsPerLook = 4'096;

/// The faults of one link in the units of Python.
struct Faults {
    Ratio loss{};
    Ratio repetition{};
    Ratio reordering{};
    Duration delay = Duration::microseconds(100);
    Duration jitter_max{};
    Duration reordering_delay_max = Duration::milliseconds(4);

    sim::FaultPlan plan() const {
        sim::FaultPlan plan;
        plan.loss = loss;
        plan.repetition = repetition;
        plan.reordering = reordering;
        plan.reordering_delay_max = reordering_delay_max;
        plan.delay = delay;
        plan.jitter_max = jitter_max;
        return plan;
    }
};

void check_plan(const sim::ConnectionPlan& plan) {
    if (plan.sizes.empty()) throw py::value_error("sizes: expected at least one object");
    for (const std::uint64_t size : plan.sizes) {
        if (size > kObjectSizeMax) {
            throw py::value_error(
                fmt::format("sizes: expected 0 to {} bytes, got {}", kObjectSizeMax, size));
        }
    }
    if (plan.upload_size > kUploadSizeMax) {
        throw py::value_error(fmt::format("upload_size: expected 0 to {} bytes, got {}",
                                          kUploadSizeMax, plan.upload_size));
    }
}

/// {"/s2/": ["s2"]} as [[url]] rules.
std::vector<farm::UrlRule> to_url_rules(py::handle given) {
    if (!py::isinstance<py::dict>(given)) refuse_type("urls", "a dict of prefix: servers", given);
    std::vector<farm::UrlRule> rules;
    for (const auto& [prefix, servers] : given.cast<py::dict>()) {
        farm::UrlRule rule{to_text(prefix, "urls"), {}};
        if (py::isinstance<py::str>(servers) || !py::isinstance<py::sequence>(servers)) {
            refuse_type("urls", "a sequence of server names behind each prefix", servers);
        }
        for (const py::handle server : servers.cast<py::sequence>())
            rule.servers.push_back(to_text(server, "urls"));
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::vector<sim::ConnectionPlan> to_plans(py::handle given) {
    if (!py::isinstance<py::sequence>(given)) refuse_type("plans", "a sequence of Plan", given);
    const auto items = given.cast<py::sequence>();
    if (items.size() > sim::SimClient::kConnectionsMax) {
        throw py::value_error(fmt::format("plans: expected at most {}, got {}",
                                          sim::SimClient::kConnectionsMax, items.size()));
    }
    std::vector<sim::ConnectionPlan> plans;
    for (const py::handle item : items)
        from_python(item, "plans", plans.emplace_back());
    return plans;
}

void check_farm(const farm::FarmConfig& config) {
    for (const farm::Finding& finding : farm::validate(config)) {
        if (finding.severity != farm::Severity::Error) continue;
        throw py::value_error(fmt::format("{}: expected {}", finding.where, finding.expected));
    }
}

/// What Python holds: a world, and the checks of every call.
class PythonWorld {
  public:
    explicit PythonWorld(sim::FarmWorldConfig config)
        : names_(names_of(config.farm)), farm_(config.farm), world_(std::move(config)) {}

    static std::unique_ptr<PythonWorld> make(py::handle nodes, py::handle seed,
                                             py::handle extensions, py::handle front,
                                             py::handle back, py::handle urls, py::handle plans) {
        sim::FarmWorldConfig config;
        config.seed = to_integer(seed, "seed", 0, kSeedMax);
        config.farm =
            farm::standard_plan(to_integer(nodes, "nodes", 1, farm::kStandardPlanServersMax));
        from_python(extensions, "extensions", config.farm.farm.has_extensions);
        config.farm.urls = to_url_rules(urls);
        check_farm(config.farm);
        Faults faults;
        from_python(front, "front", faults);
        config.front = faults.plan();
        from_python(back, "back", faults);
        config.back = faults.plan();
        config.plans = to_plans(plans);
        return std::make_unique<PythonWorld>(std::move(config));
    }

    std::int64_t now_us() { return world_.now().since_origin().to_microseconds(); }
    const std::vector<std::string>& names() const { return names_; }

    bool run(py::handle span_us, const py::object& until) {
        Duration span;
        from_python(span_us, "span_us", span);
        if (!until.is_none() && PyCallable_Check(until.ptr()) == 0) {
            refuse_type("until", "a callable without arguments, or None", until);
        }
        unsigned events = 0;
        const auto is_enough = [&events, &until] {
            if (++events % kEventsPerLook == 0 && PyErr_CheckSignals() != 0) {
                throw py::error_already_set();
            }
            return !until.is_none() && py::bool_(until()).cast<bool>();
        };
        return world_.run_for(span, is_enough);
    }

    std::uint32_t connect(py::handle home, py::handle port) {
        const wire::Ipv4Address service = farm_.servers[index_of(home)].services.front();
        const auto number = static_cast<std::uint16_t>(to_integer(port, "port", 1, 65'535));
        if (world_.client().size() == ScriptedClient::kConnectionsMax) {
            throw py::value_error(fmt::format("expected at most {} connections in one world",
                                              ScriptedClient::kConnectionsMax));
        }
        std::uint32_t opened = 0;
        world_.call([&](ScriptedClient& client, Instant now) {
            opened = client.open(service, number, now);
        });
        return opened;
    }

    void send(py::handle number, py::handle data) {
        const std::uint32_t which = number_of(number);
        const Octets octets = to_octets(data, "data");
        const ScriptedClient::Connection& connection = world_.client().connection(which);
        if (connection.is_closing || connection.tcp.is_closed()) {
            throw py::value_error("send: the connection is closed, or was told to close");
        }
        if (octets.size() > ScriptedClient::kUnsentMax - connection.unsent.size()) {
            throw py::value_error(fmt::format("data: expected at most {} bytes that wait, got {}",
                                              ScriptedClient::kUnsentMax,
                                              connection.unsent.size() + octets.size()));
        }
        world_.call([&](ScriptedClient& client, Instant now) { client.send(which, octets, now); });
    }

    void close(py::handle number) {
        const std::uint32_t which = number_of(number);
        world_.call([&](ScriptedClient& client, Instant now) { client.close(which, now); });
    }

    void abort(py::handle number) {
        const std::uint32_t which = number_of(number);
        world_.call([&](ScriptedClient& client, Instant now) { client.abort(which, now); });
    }

    const ScriptedClient::Connection& connection(py::handle number) {
        return world_.client().connection(number_of(number));
    }
    std::string connection_name(py::handle number) {
        return world_.client().tuple(number_of(number)).to_string();
    }

    node::TablesSnapshot tables(py::handle server) {
        return world_.node(index_of(server)).tables();
    }

    std::map<std::string, std::uint64_t> counters(py::handle server) {
        const Counters& counters = world_.node(index_of(server)).counters();
        std::map<std::string, std::uint64_t> values;
        for (std::size_t i = 0; i < kCounterCount; ++i) {
            const auto counter = static_cast<Counter>(i);
            values.emplace(counter_name(counter), counters.value(counter));
        }
        return values;
    }

    std::uint32_t migrate(py::handle server, py::handle connection, py::handle to) {
        const std::size_t index = index_of(server);
        const auto tuple = wire::ConnectionTuple::from_string(to_text(connection, "connection"));
        if (!tuple) {
            refuse_value("connection", "such as '10.7.0.10:20000>10.7.1.1:80/tcp'", connection);
        }
        const std::string target = to_text(to, "to");
        std::optional<Result<node::MoveStarted, node::ApiFailure>> started;
        world_.call_node(index, [&](node::Node& node, Instant now) {
            started.emplace(node.migrate(*tuple, target, now));
        });
        if (*started) return (*started)->epoch;
        raise_api_error(started->error());
    }

    bool is_plan_finished() const { return world_.is_plan_finished(); }
    std::uint64_t lost_frames() const { return world_.lost_frames(); }
    sim::ScenarioResult result() const { return world_.result(); }

  private:
    static std::vector<std::string> names_of(const farm::FarmConfig& config) {
        std::vector<std::string> names;
        for (const farm::Server& server : config.servers)
            names.push_back(server.name);
        return names;
    }

    [[noreturn]] static void raise_api_error(const node::ApiFailure& failure) {
        const auto error_name = [&failure] {
            switch (failure.error) {
                case node::ApiError::UnknownConnection:
                    return "unknown-connection";
                case node::ApiError::UnknownServer:
                    return "unknown-server";
                case node::ApiError::NotMovable:
                    return "not-movable";
            }
            return "";
        };
        const py::object type = py::module_::import("shunt.errors").attr("MigrateError");
        const py::object error = type(error_name(), failure.text);
        PyErr_SetObject(type.ptr(), error.ptr());
        throw py::error_already_set();
    }

    std::size_t index_of(py::handle server) const {
        const std::string name = to_text(server, "server");
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (names_[i] == name) return i;
        }
        refuse_value("server", fmt::format("{} to {}", names_.front(), names_.back()), server);
    }

    std::uint32_t number_of(py::handle number) const {
        const std::size_t opened = world_.client().size();
        if (opened == 0) refuse_value("number", "that of an open connection (none is)", number);
        return static_cast<std::uint32_t>(to_integer(number, "number", 0, opened - 1));
    }

    std::vector<std::string> names_;
    farm::FarmConfig farm_;
    ScriptedWorld world_;
};

sim::ScenarioResult run_scenario(py::handle name, py::handle seed, const py::object& connections,
                                 const py::object& loss, const py::object& repetition,
                                 const py::object& reordering) {
    const sim::Scenario* scenario = sim::find_scenario(to_text(name, "name"));
    if (scenario == nullptr) {
        std::string known;
        for (const sim::Scenario& each : sim::scenarios())
            known += fmt::format("{}{}", known.empty() ? "" : ", ", each.name);
        refuse_value("name", "one of " + known, name);
    }
    sim::ScenarioOptions options;
    options.seed = to_integer(seed, "seed", 0, kSeedMax);
    if (!connections.is_none()) {
        options.connections =
            to_integer(connections, "connections", 1, sim::SimClient::kConnectionsMax);
    }
    from_python(loss, "loss", options.loss);
    from_python(repetition, "repetition", options.repetition);
    from_python(reordering, "reordering", options.reordering);
    if (const auto unused = sim::setting_without_meaning(*scenario, options)) {
        throw py::value_error(
            fmt::format("{}: the scenario {} has no use for it", *unused, scenario->name));
    }
    const py::gil_scoped_release others_may_run;
    return scenario->run(options);
}

py::bytes generated_content(py::handle size, py::handle offset) {
    Octets content(to_integer(size, "size", 0, kUploadSizeMax * 16));
    node::generate(to_integer(offset, "offset", 0, kObjectSizeMax), content);
    return to_bytes(content);
}

void bind_rows(py::module_& module) {
    using node::ConnectionRow;
    using node::TablesSnapshot;
    py::class_<ConnectionRow>(module, "ConnectionRow", "A connection in a table of a server.",
                              binding::made_by_module())
        .def_readonly("connection", &ConnectionRow::connection, "10.7.0.9:4711>10.7.1.1:80/tcp")
        .def_readonly("protocol", &ConnectionRow::protocol, "tcp or udp")
        .def_readonly("state", &ConnectionRow::state, "Of the endpoint; in forward: forwarded.")
        .def_readonly("epoch", &ConnectionRow::epoch, "Attempts to move it.")
        .def_readonly("peer", &ConnectionRow::peer, "Whence or whither it moved; empty: nowhere.")
        .def("__repr__", [](const ConnectionRow& row) {
            return fmt::format("ConnectionRow({} {} epoch {} peer {})", row.connection, row.state,
                               row.epoch, row.peer);
        });
    py::class_<TablesSnapshot>(module, "Tables", "The four connection tables of a server (TAB-3).",
                               binding::made_by_module())
        .def_readonly("temporary", &TablesSnapshot::temporary, "Not decided, or on its way.")
        .def_readonly("local", &TablesSnapshot::local, "Served where it arrived.")
        .def_readonly("forward", &TablesSnapshot::forward, "Moved away.")
        .def_readonly("forward_connect", &TablesSnapshot::forward_connect, "Moved here.");
}

void bind_results(py::module_& module) {
    using sim::ScenarioResult;
    using sim::Violation;
    py::class_<Violation>(module, "Violation", "A rule that was broken in a world.",
                          binding::made_by_module())
        .def_property_readonly(
            "time_us",
            [](const Violation& self) { return self.time.since_origin().to_microseconds(); },
            "Virtual time in microseconds.")
        .def_readonly("rule", &Violation::rule, "A requirement's id, or liveness.")
        .def_readonly("text", &Violation::text, "What broke it.")
        .def_readonly("seed", &Violation::seed, "Shows it again.")
        .def("__repr__", [](const Violation& self) {
            return fmt::format("Violation({}: {})", self.rule, self.text);
        });
    py::class_<ScenarioResult>(module, "WorldResult", "What came of a world.",
                               binding::made_by_module())
        .def_readonly("seed", &ScenarioResult::seed, "Plays it again.")
        .def_readonly("trace_hash", &ScenarioResult::trace_hash,
                      "16 hexadecimal digits: equal for equal deliveries.")
        .def_readonly("packets", &ScenarioResult::packets, "Deliveries of frames to hosts.")
        .def_readonly("connections", &ScenarioResult::connections,
                      "Planned connections that have all they asked for and are closed.")
        .def_readonly("migrations", &ScenarioResult::migrations,
                      "How often another server went on with a connection.")
        .def_readonly("responses", &ScenarioResult::responses,
                      "Whole responses to planned connections.")
        .def_readonly("bytes", &ScenarioResult::bytes, "Verified bytes in them.")
        .def_readonly("violation_count", &ScenarioResult::violation_count,
                      "All violations, also those that are not kept.")
        .def_readonly("violations", &ScenarioResult::violations, "The first 100.");
}

void bind_inputs(py::module_& module) {
    ValueClass<Faults>(module, "Faults", "What a link does to the frames that cross it.")
        .field("loss", &Faults::loss, "Probability of each frame.")
        .field("repetition", &Faults::repetition, "Probability of each frame.")
        .field("reordering", &Faults::reordering, "Probability of each frame.")
        .field("delay_us", &Faults::delay, "Of every frame, in microseconds.")
        .field("jitter_us_max", &Faults::jitter_max, "Added to the delay; keeps the order.")
        .field("reordering_delay_us_max", &Faults::reordering_delay_max,
               "By how much a reordered frame may come later.")
        .finish();
    using sim::ConnectionPlan;
    ValueClass<ConnectionPlan>(module, "Plan",
                               "What one planned connection does: it asks s1 for generated "
                               "content and verifies every byte of it.")
        .field("start_us", &ConnectionPlan::start,
               "When its SYN is sent, in microseconds after the world is there.")
        .field("sizes", &ConnectionPlan::sizes, "Bytes of each object, /bytes/N, in order.")
        .field("upload_size", &ConnectionPlan::upload_size, "Bytes in each request's body.")
        .field("is_pipelined", &ConnectionPlan::is_pipelined, "All requests at once.")
        .field("does_server_close", &ConnectionPlan::does_server_close,
               "The last request says Connection: close.")
        .finish(check_plan);
}

void bind_world(py::module_& module) {
    using Connection = ScriptedClient::Connection;
    py::class_<PythonWorld>(module, "World", "A farm in virtual time; shunt.World is its face.",
                            binding::whole_from_new())
        .def(py::init(&PythonWorld::make), py::kw_only(), py::arg("nodes"), py::arg("seed"),
             py::arg("extensions"), py::arg("front"), py::arg("back"), py::arg("urls"),
             py::arg("plans"))
        .def_property_readonly("now_us", &PythonWorld::now_us, "Virtual time in microseconds.")
        .def_property_readonly("names", &PythonWorld::names, "Of the servers: s1, s2, ..")
        .def_property_readonly("is_plan_finished", &PythonWorld::is_plan_finished,
                               "Every planned connection has all that it asked for.")
        .def_property_readonly("lost_frames", &PythonWorld::lost_frames,
                               "What both links have lost so far.")
        .def("run", &PythonWorld::run, py::arg("span_us"), py::arg("until") = py::none(),
             "Runs for span_us, or until `until()`, asked before each event; True: it was so.")
        .def("connect", &PythonWorld::connect, py::arg("server"), py::arg("port"),
             "Opens a connection to the server's service; returns its number.")
        .def("send", &PythonWorld::send, py::arg("number"), py::arg("data"))
        .def("close", &PythonWorld::close, py::arg("number"))
        .def("abort", &PythonWorld::abort, py::arg("number"))
        .def("connection_name", &PythonWorld::connection_name, py::arg("number"),
             "10.7.0.10:20000>10.7.1.1:80/tcp")
        .def(
            "connection_state",
            [](PythonWorld& self, py::handle number) {
                return std::string(to_string(self.connection(number).tcp.state()));
            },
            py::arg("number"), "RFC 9293's name of the client's state.")
        .def(
            "connection_fate",
            [](PythonWorld& self, py::handle number) {
                const Connection& connection = self.connection(number);
                if (connection.is_reset) return "reset";
                if (connection.is_timed_out) return "timed-out";
                return connection.has_peer_finished ? "finished" : "";
            },
            py::arg("number"), "reset, timed-out, finished (the server closed) or empty.")
        .def(
            "received_size",
            [](PythonWorld& self, py::handle number) {
                return self.connection(number).received.size();
            },
            py::arg("number"))
        .def(
            "received",
            [](PythonWorld& self, py::handle number, py::handle from) {
                const Octets& received = self.connection(number).received;
                const std::uint64_t start = to_integer(from, "start", 0, received.size());
                return to_bytes(ByteView(received).subspan(start));
            },
            py::arg("number"), py::arg("start") = 0, "All bytes from the start-th on.")
        .def("tables", &PythonWorld::tables, py::arg("server"))
        .def("counters", &PythonWorld::counters, py::arg("server"))
        .def("migrate", &PythonWorld::migrate, py::arg("server"), py::arg("connection"),
             py::arg("to"), "Starts a move; returns its epoch. MigrateError says why not.")
        .def("result", &PythonWorld::result);
}

}  // namespace

void bind_simulator(py::module_& module) {
    bind_rows(module);
    bind_results(module);
    bind_inputs(module);
    bind_world(module);
    module.def(
        "scenarios",
        [] {
            std::map<std::string, std::string> sentences;
            for (const sim::Scenario& scenario : sim::scenarios())
                sentences.emplace(scenario.name, scenario.sentence);
            return sentences;
        },
        "Name and sentence of each scenario of shunt-sim.");
    module.def("run_scenario", &run_scenario, py::arg("name"), py::kw_only(), py::arg("seed") = 1,
               py::arg("connections") = py::none(), py::arg("loss") = py::none(),
               py::arg("repetition") = py::none(), py::arg("reordering") = py::none(),
               "Plays a scenario of shunt-sim; None is the scenario's own. Other threads may run.");
    module.def("generated_content", &generated_content, py::arg("size"), py::arg("offset") = 0,
               "What the node answers to /bytes/SIZE, from offset on.");
}

}  // namespace shunt::python

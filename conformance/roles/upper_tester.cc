// SPDX-License-Identifier: Apache-2.0
#include "roles/upper_tester.hh"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attach/json_line.hh"

namespace conform {
namespace {

using Json = nlohmann::json;

/// How often an answer is looked for; over unix: in virtual time it is there at once.
constexpr std::chrono::milliseconds kPolling{1};
constexpr const char* kConnectionTables[] = {"temporary", "local", "forward", "forward_connect"};

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint32_t number_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    const bool is_number = found != object.end() && found->is_number_unsigned();
    return is_number ? found->get<std::uint32_t>() : 0;
}

/// The tables of an answer, each a list of rows.
Json tables_of(const std::string& result) {
    Json tables = Json::parse(result);
    if (!tables.is_object()) {
        throw DeviceMisbehaves("the upper tester's tables are " + result.substr(0, 200));
    }
    return tables;
}

}  // namespace

std::string UpperTester::Answer::text_in_result(const char* key) const {
    const Json json = parse_json_line(result);
    return json.is_object() ? text_of(json, key) : std::string();
}

Task<UpperTester::Answer> UpperTester::request(std::string verb, std::vector<Field> fields) {
    const std::uint64_t id = co_await begin(verb, fields);
    co_return co_await finish(id, iut_.timers.answer);
}

Task<std::uint64_t> UpperTester::begin(const std::string& verb, const std::vector<Field>& fields) {
    const std::uint64_t id = next_id_++;
    Json request{{"id", id}, {"do", verb}};
    for (const Field& field : fields)
        request[field.name] = field.text;
    // What was sent before is to have arrived: over a channel of its own a request may overtake it.
    const bool is_ordered = iut_.upper_tester == "attachment";
    if (!is_ordered) co_await wire_.scheduler().sleep(iut_.timers.tolerance);
    wire_.send_control(request.dump());
    co_return id;
}

Task<UpperTester::Answer> UpperTester::finish(std::uint64_t id, Duration within) {
    const Time deadline = wire_.now() + within;
    for (;;) {
        co_await wire_.scheduler().sleep(Duration::zero());
        for (const std::string& line : wire_.take_control()) {
            const Json answer = parse_json_line(line);
            if (!answer.is_object() || !answer.contains("ok")) {
                throw DeviceMisbehaves("the upper tester answered " + line.substr(0, 200));
            }
            if (answer.value("id", Json()) != Json(id)) continue;
            if (text_of(answer, "error") == "unsupported") {
                throw Unsupported("the upper tester does not know a verb that the case needs");
            }
            const bool is_ok = answer["ok"] == true;
            co_return Answer{is_ok, text_of(answer, "error"), text_of(answer, "text"),
                             answer.value("result", Json()).dump()};
        }
        if (wire_.now() >= deadline) {
            throw DeviceHangs(fmt::format("no answer of the upper tester to request {}", id));
        }
        co_await wire_.scheduler().sleep(kPolling);
    }
}

Task<> UpperTester::migrate(const char* requirement, const Client& client, const std::string& to) {
    std::vector<Field> fields = {{"connection", tuple_of(client)}, {"to", to}};
    const Answer answer = co_await request("migrate", std::move(fields));
    if (answer.is_ok) co_return;
    throw Violation({requirement, fmt::format("{} to move to {}", tuple_of(client), to),
                     fmt::format("{}: {}", answer.error, answer.text)});
}

Task<std::vector<TableRow>> UpperTester::find(const Client& client) {
    const Answer answer = co_await request("tables");
    const Json tables = tables_of(answer.result);
    std::vector<TableRow> rows;
    for (const char* name : kConnectionTables) {
        for (const Json& row : tables.value(name, Json::array())) {
            if (text_of(row, "connection") != tuple_of(client)) continue;
            rows.push_back(
                {name, text_of(row, "state"), number_of(row, "epoch"), text_of(row, "peer")});
        }
    }
    co_return std::move(rows);
}

Task<std::string> UpperTester::table(std::string name) {
    const Answer answer = co_await request("tables");
    co_return tables_of(answer.result).value(name, Json::array()).dump();
}

std::string tuple_of(const Client& client) {
    return fmt::format("{}>{}/tcp", client.self().to_string(), client.service().to_string());
}

}  // namespace conform

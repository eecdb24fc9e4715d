// SPDX-License-Identifier: Apache-2.0
/// The upper tester: what makes a device act, and tells what only it knows (interfaces page,
/// "Control socket"). One request at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/task.hh"
#include "iut/iut.hh"
#include "roles/client.hh"
#include "roles/wire.hh"

namespace conform {

/// The device has no such verb: verdict UNSUPPORTED.
struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Where a device has a tuple, as its `tables` say.
struct TableRow {
    std::string table;  ///< "temporary", "local", "forward", "forward_connect"
    std::string state;
    std::uint32_t epoch = 0;
    std::string peer;
};

class UpperTester {
  public:
    /// Requests are numbered from `first_id` on: two cases that share a device's answers have
    /// numbers of their own.
    UpperTester(Wire& wire, const Iut& iut, std::uint64_t first_id)
        : wire_(wire), iut_(iut), next_id_(first_id) {}

    struct Field {
        std::string name;
        std::string text;
    };
    struct Answer {
        bool is_ok = false;
        std::string error{};   ///< one of the page's names
        std::string text{};    ///< why
        std::string result{};  ///< JSON

        /// A member of the result that is a text; empty where it is none.
        std::string text_in_result(const char* key) const;
    };

    /// Throws Unsupported, DeviceHangs where no answer comes, DeviceMisbehaves for what is none.
    Task<Answer> request(std::string verb, std::vector<Field> fields = {});

    /// The same in two steps, for what the device does only when the case has done something:
    /// finish() is asked for the number that begin() gave, and waits `within` for the answer.
    Task<std::uint64_t> begin(const std::string& verb, const std::vector<Field>& fields);
    Task<Answer> finish(std::uint64_t id, Duration within);

    /// `migrate` to the server of this name; throws Violation of `requirement` if it is refused.
    Task<> migrate(const char* requirement, const Client& client, const std::string& to);
    /// Every table that has the client's tuple (TAB-1: one at most).
    Task<std::vector<TableRow>> find(const Client& client);
    /// The text of a table as JSON: "[]" where it is empty.
    Task<std::string> table(std::string name);

  private:
    Wire& wire_;
    const Iut& iut_;
    std::uint64_t next_id_;
};

/// "10.7.0.9:4711>10.7.1.1:80/tcp"
std::string tuple_of(const Client& client);

}  // namespace conform

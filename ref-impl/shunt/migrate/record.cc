// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/record.hh"

namespace shunt::migrate {

tcp::Connection* Record::connection() {
    if (auto* temporary = as<TemporaryEndpoint>()) return &temporary->connection;
    if (auto* local = as<LocalEndpoint>()) return &local->connection;
    if (auto* moved_in = as<ForwardConnectEndpoint>()) return &moved_in->connection;
    return nullptr;
}

Attempt* Record::attempt() {
    if (auto* temporary = as<TemporaryEndpoint>()) {
        return temporary->attempt ? &*temporary->attempt : nullptr;
    }
    if (auto* moved_in = as<ForwardConnectEndpoint>()) return moved_in->returning.get();
    return nullptr;
}

const tcp::Connection* Record::connection() const {
    return const_cast<Record*>(this)->connection();
}

}  // namespace shunt::migrate

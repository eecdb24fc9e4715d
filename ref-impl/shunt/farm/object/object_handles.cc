// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/object/object_handles.hh"

#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::farm {

std::optional<std::uint64_t> ObjectHandles::add(Handle handle) {
    make_room();
    if (handles_.size() >= kMax) return std::nullopt;
    std::uint64_t number = rng_.next_u64();
    while (number == 0 || handles_.contains(number))
        number = rng_.next_u64();
    handles_.emplace(number, std::move(handle));
    return number;
}

const ObjectHandles::Handle* ObjectHandles::find(std::uint64_t handle) const {
    const auto found = handles_.find(handle);
    return found == handles_.end() ? nullptr : &found->second;
}

void ObjectHandles::end(std::uint64_t handle, std::string_view why) {
    SHUNT_ASSERT(!why.empty(), "an end has a reason");
    const auto found = handles_.find(handle);
    if (found == handles_.end() || !found->second.is_alive()) return;
    found->second.end = why;
    ended_.push_back(handle);
}

void ObjectHandles::erase(std::uint64_t handle) {
    handles_.erase(handle);
    std::erase(ended_, handle);
}

void ObjectHandles::make_room() {
    while (handles_.size() >= kMax && !ended_.empty()) {
        handles_.erase(ended_.front());
        ended_.pop_front();
    }
}

}  // namespace shunt::farm

// SPDX-License-Identifier: Apache-2.0
// Writes a target's seed corpus into a folder, or with --check says where the folder differs.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>

#include "fuzz_target.hh"

namespace {

using shunt::fuzz::Seed;
using std::filesystem::path;

bool write(const path& file, const Seed& seed) {
    std::ofstream stream(file, std::ios::binary);
    for (const std::uint8_t byte : seed.bytes)
        stream.put(static_cast<char>(byte));
    return static_cast<bool>(stream.flush());
}

bool is_written(const path& file, const Seed& seed) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return false;
    const std::vector<char> content{std::istreambuf_iterator<char>(stream), {}};
    return std::vector<std::uint8_t>(content.begin(), content.end()) == seed.bytes;
}

int compare(const path& folder) {
    int differences = 0;
    std::set<path> named;
    for (const Seed& seed : shunt::fuzz::seeds()) {
        const path file = folder / (seed.name + ".bin");
        named.insert(file);
        if (is_written(file, seed)) continue;
        std::printf("%s differs from what the generator makes\n", file.c_str());
        ++differences;
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (named.contains(entry.path())) continue;
        std::printf("%s is none that the generator makes\n", entry.path().c_str());
        ++differences;
    }
    return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const bool checks = count == 3 && std::string_view(arguments[1]) == "--check";
    if (count != 2 && !checks) {
        std::fprintf(stderr, "usage: %s [--check] FOLDER\n", arguments[0]);
        return 2;
    }
    const path folder = arguments[count - 1];
    if (!std::filesystem::is_directory(folder)) {
        std::fprintf(stderr, "%s is no folder\n", folder.c_str());
        return 2;
    }
    if (checks) return compare(folder);
    for (const Seed& seed : shunt::fuzz::seeds()) {
        if (!write(folder / (seed.name + ".bin"), seed)) return 2;
    }
    return 0;
}

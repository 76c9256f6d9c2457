// SPDX-License-Identifier: Apache-2.0
// The clock loop of jetflow.hls.stream_model, which states the rules; compiled by jetflow.hls.stepper.
//
// In every clock all processes that could start are looked at with the streams as they were when the clock began, then
// those that start move their words. A process that waits for a word or for room is looked at again after the other
// end of that stream has moved one, and one that works when it is ready: nothing else can change its mind.
#include <cstdint>
#include <vector>

namespace {

const int most_sources = 3, writes_bit = 7; // of a pattern: bit k reads a word of source k, bit 7 writes a word
const int32_t nobody = -1;

struct stream {
    int64_t held, since; // words in it; the clock since which its writer waits for room
    int32_t reader, writer; // the process that waits for a word, for room, or nobody
};

} // namespace

extern "C" {

// Steps `n_processes` through `images` images, unless one of them is out later than its `deadline`.
//
// A process is `length[p]` iterations an image, `interval[p]` clocks apart, with the patterns from `offset[p]` on. It
// reads the streams sources[3 p ..] (-1: none) and writes targets[target_begin[p] .. target_begin[p + 1]]; a process
// without targets takes an output. `depth` words fit into a stream.
// Found: the most words in every stream (`peak`), the clocks in which its writer waited for room (`waited`), the images
// that every process has finished (`done`), the clock of every image's last word (`out`).
// Returns 0; 1 for a deadlock; 2 where a deadline was missed.
int step(int32_t n_processes, int32_t n_streams, const int64_t *length, const int64_t *offset, const uint8_t *patterns,
         const int64_t *interval, const int32_t *sources, const int32_t *target_begin, const int32_t *targets,
         const int64_t *depth, int32_t images, const int64_t *deadline, int64_t *peak, int64_t *waited, int64_t *done,
         int64_t *out) {
    std::vector<stream> streams(n_streams, stream{0, 0, nobody, nobody});
    std::vector<int64_t> at(n_processes, 0);
    int64_t longest = 1;
    std::vector<int32_t> takers, starting;
    for (int32_t p = 0; p < n_processes; p++) {
        longest = interval[p] > longest ? interval[p] : longest;
        if (target_begin[p] == target_begin[p + 1]) {
            takers.push_back(p);
        }
    }
    std::vector<std::vector<int32_t>> calendar(longest + 1); // who is looked at in which clock, around and around
    int64_t expected = n_processes;                          // entries of the calendar
    for (int32_t p = 0; p < n_processes; p++) {
        calendar[0].push_back(p);
    }

    int32_t n_out = 0;
    for (int64_t clock = 0; n_out < images; clock++) {
        if (clock == deadline[n_out]) {
            return 2;
        }
        if (expected == 0) {
            return 1;
        }
        std::vector<int32_t> &today = calendar[clock % (longest + 1)];
        std::vector<int32_t> &tomorrow = calendar[(clock + 1) % (longest + 1)];
        expected -= today.size();
        starting.clear();
        for (const int32_t p : today) {
            const uint8_t pattern = patterns[offset[p] + at[p]];
            bool starts = true;
            for (int k = 0; starts && k < most_sources; k++) {
                if (pattern >> k & 1) {
                    stream &s = streams[sources[most_sources * p + k]];
                    if (s.held == 0) {
                        s.reader = p;
                        starts = false;
                    }
                }
            }
            if (pattern >> writes_bit) {
                for (int32_t t = target_begin[p]; starts && t < target_begin[p + 1]; t++) {
                    stream &s = streams[targets[t]];
                    if (s.held >= depth[targets[t]]) {
                        s.writer = p;
                        s.since = clock;
                        starts = false;
                    }
                }
            }
            if (starts) {
                starting.push_back(p);
            }
        }
        today.clear();

        bool taken = false;
        for (const int32_t p : starting) {
            const uint8_t pattern = patterns[offset[p] + at[p]];
            for (int k = 0; k < most_sources; k++) {
                if (pattern >> k & 1) {
                    const int32_t number = sources[most_sources * p + k];
                    stream &s = streams[number];
                    s.held--;
                    if (s.writer != nobody) {
                        tomorrow.push_back(s.writer);
                        expected++;
                        waited[number] += clock + 1 - s.since;
                        s.writer = nobody;
                    }
                }
            }
            if (pattern >> writes_bit) {
                for (int32_t t = target_begin[p]; t < target_begin[p + 1]; t++) {
                    stream &s = streams[targets[t]];
                    s.held++;
                    if (s.reader != nobody) {
                        tomorrow.push_back(s.reader);
                        expected++;
                        s.reader = nobody;
                    }
                }
            }
            if (++at[p] == length[p]) {
                at[p] = 0;
                done[p]++;
                taken = taken || target_begin[p] == target_begin[p + 1];
            }
            if (done[p] < images) {
                calendar[(clock + interval[p]) % (longest + 1)].push_back(p);
                expected++;
            }
        }
        for (const int32_t p : starting) { // a stream fills only where its writer started
            for (int32_t t = target_begin[p]; t < target_begin[p + 1]; t++) {
                const int64_t held = streams[targets[t]].held;
                peak[targets[t]] = held > peak[targets[t]] ? held : peak[targets[t]];
            }
        }
        if (taken) {
            bool all = true;
            for (const int32_t p : takers) {
                all = all && done[p] > n_out;
            }
            if (all) {
                out[n_out++] = clock + 1;
            }
        }
    }
    return 0;
}
}

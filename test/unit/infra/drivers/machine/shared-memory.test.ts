/** Which shared memory a process has, read from its mappings. */
import { expect, it } from "vitest";
import {
  sharedMemoryIn,
  sharedMemoryOf,
  together,
} from "../../../../../infra/drivers/machine/shared-memory.ts";

const POSTGRES = `55d0c8a00000-55d0c8b00000 r--p 00000000 08:01 1835210                    /opt/pg/bin/postgres
7f11e0000000-7f11e4a00000 rw-s 00000000 00:01 1032                       /dev/zero (deleted)
7f11ec3f4000-7f11ec403000 rw-s 00000000 00:1b 336                        /dev/shm/PostgreSQL.1023855478
7f11ec403000-7f11ec404000 rw-s 00000000 00:01 163851                     /SYSV000fd152 (deleted)
7f11ec404000-7f11ec405000 rw-s 00001000 00:1b 336                        /dev/shm/PostgreSQL.1023855478
7f11ec500000-7f11ec501000 rw-p 00000000 00:00 0
7ffc1f5d4000-7ffc1f5f5000 rw-p 00000000 00:00 0                          [stack]
`;

it("is a segment by its id, and files of PostgreSQL, each once", () => {
  expect(sharedMemoryIn(POSTGRES)).toEqual({
    segmentIds: [163_851],
    paths: ["/dev/shm/PostgreSQL.1023855478"],
  });
});

it("is nobody else's file", () => {
  const others = `7f11ec3f4000-7f11ec403000 rw-s 00000000 00:1b 12    /dev/shm/sem.somebody
7f11ec3f4000-7f11ec403000 rw-s 00000000 00:1b 13    /home/x/dev/shm/PostgreSQL.1
`;
  expect(sharedMemoryIn(others)).toEqual({ segmentIds: [], paths: [] });
});

it("of several processes is named once, and of those that are gone not at all", () => {
  const one = sharedMemoryIn(POSTGRES);
  expect(together([one, one, { segmentIds: [7], paths: [] }])).toEqual({
    segmentIds: [163_851, 7],
    paths: one.paths,
  });
  expect(sharedMemoryOf([2 ** 30])).toEqual({ segmentIds: [], paths: [] });
});

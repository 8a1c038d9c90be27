import type { Invariant } from './invariant.ts'

export const processes: Invariant = {
  title: 'no process crashes',
  check: ({ crashes }) => ({
    compared: `${crashes.length} crashes`,
    violations: crashes.map((crash) => ({ message: `A process ended by itself: ${crash}.` })),
  }),
}

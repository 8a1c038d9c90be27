import type { Invariant } from './invariant.ts'

export const processes: Invariant = {
  title: 'no process ends by itself',
  check: ({ crashes }) => ({
    compared: `${crashes.length} that did`,
    violations: crashes.map((how) => ({ what: `This one ended by itself: ${how}.` })),
  }),
}

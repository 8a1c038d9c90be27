import type { Rule } from './invariant.ts'

export const processes: Rule = {
  title: 'no process ends by itself',
  check: ({ crashes }) => ({
    compared: `${crashes.length} that did`,
    violations: crashes.map((how) => ({ what: `This one ended by itself: ${how}.` })),
  }),
}

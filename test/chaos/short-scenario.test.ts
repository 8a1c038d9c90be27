import { inject, expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'
import { faultNames } from './scenario/rounds.ts'
import { billingTroubles, mailTroubles } from './scenario/troubles.ts'

// `npm run chaos` does the same for longer. Any seed must do; a fixed one makes a failure easy to repeat.
const seed = Number(process.env.CHAOS_SEED ?? 1)
const generous = 600_000

test(
  'whatever fails while accounts are added, each is there once, or a person knows of it',
  async ({ signal }) => {
    const { results, faults } = await runChaos({
      seed,
      onboardings: 24,
      temporalCliPath: inject('temporalCliPath'),
      signal,
      write: (line) => void process.stdout.write(`${line}\n`),
    })
    expect(results.flatMap(({ violations }) => violations)).toEqual([])
    const met = faults.filter(({ survived }) => survived > 0).map(({ fault }) => fault)
    expect(met).toEqual(
      expect.arrayContaining([
        ...faultNames,
        ...billingTroubles.map((kind) => `billing: ${kind}`),
        ...mailTroubles.map((kind) => `mail: ${kind}`),
      ]),
    )
  },
  generous,
)

import { inject, expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'
import { processFaultNames } from './scenario/rounds.ts'
import { billingFaults, mailFaults } from './scenario/call-faults.ts'

// A short version of `npm run chaos`. Any seed must pass; a fixed one makes a failure easy to repeat.
const seed = Number(process.env.CHAOS_SEED ?? 1)
const timeoutMs = 600_000

test(
  'each accepted account is added exactly once or needs attention, whichever process or provider fails',
  async ({ signal }) => {
    const { results, faults } = await runChaos({
      seed,
      onboardings: 24,
      temporalCliPath: inject('temporalCliPath'),
      signal,
      write: (line) => void process.stdout.write(`${line}\n`),
    })
    expect(results.flatMap(({ violations }) => violations)).toEqual([])
    const survived = faults.filter((each) => each.survived > 0).map(({ fault }) => fault)
    expect(survived).toEqual(
      expect.arrayContaining([
        ...processFaultNames,
        ...billingFaults.map((kind) => `billing: ${kind}`),
        ...mailFaults.map((kind) => `mail: ${kind}`),
      ]),
    )
  },
  timeoutMs,
)

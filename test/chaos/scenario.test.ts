import { describe, expect, test } from 'vitest'
import { faultNames, planRun, type Round } from './scenario/rounds.ts'
import { billingTroubles, mailTroubles } from './scenario/troubles.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
const faultsOf = (rounds: Round[]) => rounds.map(({ fault }) => fault)

describe('the plan of a chaos run', () => {
  test('follows from the seed', () => {
    expect(planRun(7, 60)).toEqual(planRun(7, 60))
    expect(planRun(8, 60)).not.toEqual(planRun(7, 60))
  })

  test.each(seeds)('has every fault and every trouble, also when it is short (seed %i)', (seed) => {
    const rounds = planRun(seed, 24)
    const requests = rounds.flatMap((round) => round.requests)
    const billing = requests.flatMap(({ troubles }) => troubles.billing.map(({ kind }) => kind))
    const mail = requests.flatMap(({ troubles }) => troubles.mail)
    expect(new Set(faultsOf(rounds))).toEqual(new Set(faultNames))
    expect(billing).toEqual(expect.arrayContaining([...billingTroubles]))
    expect(mail).toEqual(expect.arrayContaining([...mailTroubles]))
  })

  test.each(seeds)('deploys a new plan once, and in between (seed %i)', (seed) => {
    const faults = faultsOf(planRun(seed, 300))
    const deployed = faults.indexOf('new plan deployed')
    expect(faults.lastIndexOf('new plan deployed')).toBe(deployed)
    expect(deployed).toBeGreaterThan(0)
    expect(deployed).toBeLessThan(faults.length - 1)
  })

  test('sends about as many requests as it is asked for, each under a name of its own', () => {
    const names = planRun(3, 300).flatMap(({ requests }) => requests.map(({ name }) => name))
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(300)
  })
})

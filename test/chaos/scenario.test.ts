import { describe, expect, test } from 'vitest'
import { processFaultNames, planScenario, type Round } from './scenario/rounds.ts'
import { billingFaults, mailFaults } from './scenario/call-faults.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
const faultsOf = (rounds: Round[]) => rounds.map(({ fault }) => fault)

describe('the scenario of a chaos run', () => {
  test('is the same for the same seed', () => {
    expect(planScenario(7, 60)).toEqual(planScenario(7, 60))
    expect(planScenario(8, 60)).not.toEqual(planScenario(7, 60))
  })

  test.each(seeds)('has every process fault and every call fault, even if it is short (seed %i)', (seed) => {
    const rounds = planScenario(seed, 24)
    const requests = rounds.flatMap((round) => round.requests)
    const billing = requests.flatMap(({ callFaults }) => callFaults.billing.map(({ kind }) => kind))
    const mail = requests.flatMap(({ callFaults }) => callFaults.mail)
    expect(new Set(faultsOf(rounds))).toEqual(new Set(processFaultNames))
    expect(billing).toEqual(expect.arrayContaining([...billingFaults]))
    expect(mail).toEqual(expect.arrayContaining([...mailFaults]))
  })

  test.each(seeds)('deploys a new run plan once, neither first nor last (seed %i)', (seed) => {
    const faults = faultsOf(planScenario(seed, 300))
    const deployed = faults.indexOf('new run plan deployed')
    expect(faults.lastIndexOf('new run plan deployed')).toBe(deployed)
    expect(deployed).toBeGreaterThan(0)
    expect(deployed).toBeLessThan(faults.length - 1)
  })

  test('has at least the given number of requests, each with a unique name', () => {
    const names = planScenario(3, 300).flatMap(({ requests }) => requests.map(({ name }) => name))
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(300)
  })
})

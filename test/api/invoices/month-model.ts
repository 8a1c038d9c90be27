import type { Usage } from '../../../domain/billing/usage.ts'

type Kind = keyof Usage

/** What a month of one account has to count, from what happened to the account. It knows no table and no query. */
export function newMonth(kind: Kind) {
  const account = { kind, isActive: true }
  const inactiveUnits = new Set<number>()
  /** The place of each device that holds a license. */
  const held = new Map<string, number>()
  const kinds = new Map<string, Kind>()
  /** Time passes: each device that uses its license now counts, and counts as purchased for good. */
  const pass = (): void => {
    for (const [device, place] of held) {
      if (!account.isActive || inactiveUnits.has(place)) continue
      if (kinds.get(device) !== 'purchased') kinds.set(device, account.kind)
    }
  }
  const then =
    <Parameters extends unknown[]>(change: (...parameters: Parameters) => unknown) =>
    (...parameters: Parameters): void => {
      change(...parameters)
      pass()
    }
  return {
    isHeld: (device: string) => held.has(device),
    heldDevices: () => [...held.keys()],
    kind: () => account.kind,
    isActive: () => account.isActive,
    isUnitActive: (unit: number) => !inactiveUnits.has(unit),
    add: then((device: string, place: number) => held.set(device, place)),
    remove: then((device: string) => held.delete(device)),
    changePlan: then((to: Kind) => (account.kind = to)),
    setActive: then((isActive: boolean) => (account.isActive = isActive)),
    suspendUnit: then((place: number) => inactiveUnits.add(place)),
    restoreUnit: then((place: number) => inactiveUnits.delete(place)),
    counted(): Usage {
      const all = [...kinds.values()]
      const of = (each: Kind) => all.filter((one) => one === each).length
      return { trial: of('trial'), purchased: of('purchased') }
    },
  }
}

export type MonthModel = ReturnType<typeof newMonth>

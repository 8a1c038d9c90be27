import type { Usage } from '../../../domain/billing/usage.ts'

type Kind = keyof Usage

/** What a month of one account has to count, from what happened to the account. It knows no table and no query. */
export function newMonth(kind: Kind) {
  const account = { kind, isActive: true }
  const inactiveUnits = new Set<number>()
  /** The place of each device that holds a license. */
  const held = new Map<string, number>()
  const kinds = new Map<string, Kind>()
  /** The devices of bills that were written off. */
  const writtenOff: Record<Kind, Set<string>> = { trial: new Set(), purchased: new Set() }
  /** Time passes: each device that uses its license now counts, and counts as purchased for good. */
  const pass = (): void => {
    for (const [device, place] of held) {
      if (!account.isActive || inactiveUnits.has(place)) continue
      if (kinds.get(device) !== 'purchased') kinds.set(device, account.kind)
    }
  }
  const count = (matches: (device: string, as: Kind) => boolean): Usage => {
    const of = (as: Kind) => [...kinds].filter(([device, now]) => now === as && matches(device, as)).length
    return { trial: of('trial'), purchased: of('purchased') }
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
    writeOff: (device: string, as: Kind) => writtenOff[as].add(device),
    /** The devices to bill. A device that was written off as trial and counts as purchased now is to be billed as that. */
    toBill: () => count((device, as) => !writtenOff[as].has(device)),
    writtenOff: () => count((device, as) => writtenOff[as].has(device)),
  }
}

export type MonthModel = ReturnType<typeof newMonth>

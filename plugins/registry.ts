import { defaultIntervals, type Intervals } from '../domain/runs/intervals.ts'
import type { ReadsField } from '../domain/runs/new-revisions.ts'
import { keysOf } from '../domain/runs/request-changes.ts'
import type { RunKind, RunRequests } from '../domain/runs/run-requests.ts'
import type { Placement, PlannedStep, RetryPolicy } from '../domain/runs/run-plan.ts'
import { inputFaults } from './check-inputs.ts'
import { indexSteps, indexVersions, referenceFaults, versionKey } from './check-steps.ts'
import {
  type BillingAdapter,
  type Notifier,
  type Plugin,
  type Providers,
  type Step,
  stepError,
} from './plugin-contract.ts'
import { billingAdapterMissing, notifierMissing } from './errors.ts'
import { type Fault, FaultyPlugins } from './faults.ts'
import { shapeFaults } from './plugin-shape.ts'
import { readsField } from './read-fields.ts'
import { orderSteps, predecessorsOf } from './step-order.ts'

const defaultRetry: Omit<RetryPolicy, 'initialInterval'> = {
  backoffCoefficient: 2,
  maximumInterval: 30_000,
  maximumAttempts: 10,
}
const defaultTimeout = 10_000

/** The steps, billing adapters and notifiers of the enabled plug-ins. A process creates and checks it once, when it starts. */
export interface Registry extends Providers {
  steps: ReadonlyMap<string, Step>
  /** The step of a run plan, retired or not. Undefined when no plug-in has that version of the step. */
  step(planned: Pick<PlannedStep, 'id' | 'version'>): Step | undefined
  /** Whether a step of a run plan reads this field. Every step of which no plug-in has the version reads every field. */
  reads: ReadsField
  billingAdapters: ReadonlyMap<string, BillingAdapter>
  notifiers: ReadonlyMap<string, Notifier>
  /** The id of the adapter for requests that name none. Empty when no plug-in has one. */
  defaultBillingAdapter: string
  /** Returns the run plan of a request: its ordered steps, as data for the input of the workflow. */
  planFor<Kind extends RunKind>(kind: Kind, request: RunRequests[Kind]): PlannedStep[]
  close(): Promise<void>
}

type CallingStep = Exclude<Step, { placement: 'transactional' }>

/** Whether the step has a `lookup`, which resolves an unknown outcome without a person. */
export function hasLookup(step: Step): step is CallingStep & Required<Pick<CallingStep, 'lookup'>> {
  return step.placement !== 'transactional' && step.lookup !== undefined
}

/**
 * @param plugins in the order of `temporal.config.ts`. The first billing adapter and the first notifier are the defaults.
 * @throws FaultyPlugins when a plug-in has a wrong shape, ids repeat, a step refers to a missing step, steps wait for each other, or
 * the input of a step is not exact.
 */
export function createRegistry(
  plugins: readonly Plugin[],
  { firstRetry, heartbeatTimeout }: Intervals = defaultIntervals,
): Registry {
  const misshapen = shapeFaults(plugins)
  if (misshapen.length > 0) throw new FaultyPlugins(misshapen)
  const { steps, faults: repeatedSteps } = indexSteps(plugins)
  const { versions, faults: retiredTwice } = indexVersions(plugins, steps)
  const predecessors = predecessorsOf(steps)
  const { ordered, faults: cycles } = orderSteps(steps, predecessors)
  const adapters = plugins.flatMap((plugin) => plugin.billing ?? [])
  const billingAdapters = new Map(adapters.map(byId))
  const allNotifiers = plugins.flatMap((plugin) => plugin.notifiers ?? [])
  const notifiers = new Map(allNotifiers.map(byId))
  const faults = [
    ...repeatedSteps,
    ...retiredTwice,
    ...referenceFaults(steps),
    ...cycles,
    ...inputFaults(steps, predecessors),
    ...repeatedIds('billing adapter', adapters),
    ...repeatedIds('notifier', allNotifiers),
  ]
  if (faults.length > 0) throw new FaultyPlugins(faults)
  const billing = (id: string): BillingAdapter => billingAdapters.get(id) ?? missingAdapter(id)

  return {
    async close() {
      for (const plugin of plugins) await plugin.close?.()
    },
    steps,
    step: (planned) => versions.get(versionKey(planned)),
    reads: (planned, pointer) => {
      const step = versions.get(versionKey(planned))
      return step === undefined || readsField(step.input, keysOf(pointer))
    },
    billingAdapters,
    notifiers,
    defaultBillingAdapter: billingAdapters.keys().next().value ?? '',
    billing,
    notifier: (): Notifier => notifiers.values().next().value ?? missingNotifier(),
    planFor: (kind, request) => {
      const planned = new Map<string, PlannedStep>()
      for (const step of ordered) {
        const applies = step.operations.includes(kind) && (step.appliesTo?.(request) ?? true)
        if (!applies || !step.needs.every(({ id }) => planned.has(id))) continue
        planned.set(step.id, {
          id: step.id,
          version: step.version,
          title: step.title,
          // Only steps of this run plan can be waited for.
          needs: (predecessors.get(step.id) ?? []).filter((id) => planned.has(id)),
          placement: placementOf(step, request, billingAdapters),
          optional: step.optional ?? false,
          undo: step.undo,
          ...(step.readOnly ? { readOnly: true as const } : {}),
          retry: { initialInterval: firstRetry, ...defaultRetry, ...step.retry },
          timeout: step.timeout ?? defaultTimeout,
          heartbeatTimeout,
        })
      }
      return [...planned.values()]
    },
  }
}

function placementOf(
  step: Step,
  request: RunRequests[RunKind],
  billing: ReadonlyMap<string, BillingAdapter>,
): Placement {
  if (step.placement !== 'by-billing-adapter') return step.placement
  // With several adapters, the step is external if one of them is. It is external too if an adapter is not enabled: its execution
  // then fails with `billing_adapter_missing`, and only this run needs attention.
  const isTransactional = (id: string) => billing.get(id)?.capabilities.transactional === true
  return billingAdaptersIn(request).every(isTransactional) ? 'transactional' : 'external'
}

/** The ids of the billing adapters in a request of any kind. */
function billingAdaptersIn(request: RunRequests[RunKind]): string[] {
  if ('plan' in request && request.plan !== undefined) return [request.plan.billingAdapter]
  const ids: string[] = []
  if ('subscription' in request && request.subscription !== null)
    ids.push(request.subscription.billingAdapter)
  if ('billingAdapter' in request) ids.push(request.billingAdapter)
  return ids
}

function repeatedIds(kind: string, items: readonly { id: string }[]): Fault[] {
  const ids = items.map(({ id }) => id)
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map((id) => ({
    message: `Several plug-ins bring a ${kind} named "${id}".`,
    nextAction: 'Remove all but one of them.',
  }))
}

function byId<Item extends { id: string }>(item: Item): [string, Item] {
  return [item.id, item]
}

function missingAdapter(id: string): never {
  throw stepError(billingAdapterMissing, { parameters: { id } })
}

function missingNotifier(): never {
  throw stepError(notifierMissing)
}

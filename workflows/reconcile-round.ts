import { continueAsNew, proxyActivities, setCurrentDetails } from '@temporalio/workflow'
import type { Activities } from './activity-types.ts'
import type { ReconcileCall, ReconcileOutcome, ReconcileRoundInput } from './contract.ts'

const activities = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumInterval: '1 minute' },
})

/** After so many chunks the round continues as new, so that its history stays small. */
const chunksPerHistory = 100

/**
 * Compares our records, the billing providers and the workflows, chunk by chunk, and records the findings.
 * @returns the number of open findings of each kind, and the reasons why something was not compared.
 */
export async function reconcileRound({
  graceMinutes,
  goesOn,
}: ReconcileRoundInput): Promise<ReconcileOutcome> {
  const notCompared = new Set(goesOn?.notCompared)
  let { startedAt, at } = goesOn ?? {}
  for (let count = 0; count < chunksPerHistory; count++) {
    const chunk = await reconcileChunk({
      graceMinutes,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(at === undefined ? {} : { at }),
    })
    for (const reason of chunk.notCompared) notCompared.add(reason)
    if (chunk.next === null) {
      const outcome = { open: chunk.open ?? {}, notCompared: [...notCompared] }
      setCurrentDetails(describe(outcome))
      return outcome
    }
    startedAt = chunk.startedAt
    at = chunk.next
  }
  if (startedAt === undefined || at === undefined) throw new Error('A round without a first chunk')
  return continueAsNew<typeof reconcileRound>({
    graceMinutes,
    goesOn: { startedAt, at, notCompared: [...notCompared] },
  })
}

function reconcileChunk(call: ReconcileCall) {
  const summary = `Compare ${call.at?.comparison ?? 'organizations'}`
  return activities['reconcile-chunk'].executeWithOptions({ summary }, [call])
}

function describe({ open, notCompared }: ReconcileOutcome): string {
  const findings = Object.entries(open).map(([kind, count]) => `- \`${kind}\`: ${count}`)
  const lines =
    findings.length === 0
      ? ['**There are no open findings.**']
      : ['**Open findings.** List and resolve them with `npx tenantry reconcile`:', '', ...findings]
  const gaps =
    notCompared.length === 0
      ? []
      : ['', '**Not compared:**', '', ...notCompared.map((reason) => `- ${reason}`)]
  return [...lines, ...gaps].join('\n')
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { definePlugin, defineStep, StepError } from '../../../plugins/plugin-contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { anOrganization } from '../../builders/organization.ts'
import { part, tries } from '../../stack/extent.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import {
  apply,
  type Call,
  calls,
  initial,
  type LevelName,
  sequencesUpTo,
  statusIn,
} from './standing-model.ts'

const provider = memoryBilling()
/** The accounts whose next change has one more step, which gets stuck. */
const stuckFor = new Set<string>()
const last = defineStep({
  operation: ['suspend-account', 'close-account', 'restore-account'],
  id: 'file-the-change',
  version: 1,
  title: 'File the change',
  after: ['stop-billing', 'restore-organizations'],
  placement: 'external',
  appliesTo: ({ organizationId }) => stuckFor.has(organizationId),
  input: z.object({}),
  output: z.object({}),
  undo: 'keep',
  preview: () => ({ summary: 'File the change.' }),
  async execute() {
    const nextAction = 'Nothing.'
    throw new StepError({ class: 'needs_input', code: 'not_filed', message: 'Not filed.', nextAction })
  },
})
const { engine, api } = await startEngineForFile({
  plugins: [provider.plugin, definePlugin({ name: 'files', steps: [last] })],
})

const partner = await anOrganization(engine.db, await platformId(engine.db))
const subPartner = await anOrganization(engine.db, partner)
const keys: Record<LevelName, Record<string, string>> = {
  platform: await aKeyHeader(engine.db),
  partner: await aKeyHeader(engine.db, partner),
  'sub-partner': await aKeyHeader(engine.db, subPartner),
}

const anAccount = () => anOrganization(engine.db, subPartner, { type: 'customer' })

/** Makes calls on an account. @returns a line for each, with its answer and the status of the account after it. */
async function observe(account: string, sequence: readonly Call[]): Promise<string[]> {
  const lines: string[] = []
  let lastRun = ''
  for (const call of sequence) {
    const { action, by, stuck } = call
    if (stuck === true) stuckFor.add(account)
    else stuckFor.delete(account)
    const url =
      action === 'cancel' ? `/v1/operations/${lastRun}/cancel` : `/v1/organizations/${account}/${action}`
    const { status, body } = await api.post(url, {}, { ...keys[by], prefer: 'wait=20' })
    const accepted = status < 300
    if (accepted && action === 'cancel') await untilCancelled(lastRun)
    else if (accepted) lastRun = body.id
    lines.push(line(call, accepted ? 'accepted' : body.code, await statusOf(account)))
  }
  return lines
}

/** The same lines by the model. */
function expected(sequence: readonly Call[]): string[] {
  let state = initial
  return sequence.map((call) => {
    const next = apply(state, call)
    state = next.state
    return line(call, next.answer, statusIn(state))
  })
}

const line = ({ action, by, stuck }: Call, answer: unknown, status: string) =>
  `${action} by the ${by}${stuck === true ? ', stuck' : ''}: ${String(answer)}, then ${status}`

const statusOf = async (id: string): Promise<string> => (await api.get(`/v1/organizations/${id}`)).body.status

async function untilCancelled(runId: string): Promise<void> {
  const read = async () => (await api.get(`/v1/operations/${runId}`)).body.status
  await expect.poll(read, { interval: 10, timeout: 20_000 }).toBe('cancelled')
}

/** Works on several items at once, because one run alone mostly waits. */
async function atOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

test('Each sequence of up to four changes and cancels by three levels has the answers and statuses of the model', {
  timeout: 1_800_000,
}, async () => {
  const sequences = part(sequencesUpTo(4), 40)
  await atOnce(sequences, async ({ accepted, refused }) => {
    const sequence = [...accepted, ...refused]
    expect(await observe(await anAccount(), sequence)).toEqual(expected(sequence))
  })
})

const anyCall = fc
  .tuple(fc.constantFrom(...calls), fc.boolean())
  .map(([call, stuck]): Call => (stuck && call.action !== 'cancel' ? { ...call, stuck: true } : call))

test('Longer sequences have the answers and statuses of the model, and only an active account is billed', {
  timeout: 1_800_000,
}, async () => {
  const property = fc.asyncProperty(fc.array(anyCall, { minLength: 4, maxLength: 12 }), async (sequence) => {
    const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
    const url = `/v1/organizations/${subPartner}/accounts`
    const account = (await api.post(url, anAccountBody({ plan }), { prefer: 'wait=20' })).body.organizationId
    expect(await observe(account, sequence)).toEqual(expected(sequence))
    const open = [...provider.subscriptions.values()].filter(
      ({ organizationId, status }) => organizationId === account && status === 'open',
    )
    expect(open).toHaveLength((await statusOf(account)) === 'active' ? 1 : 0)
  })
  await fc.assert(property, tries(48))
})

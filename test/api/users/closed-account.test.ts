import { describe, expect, test } from 'vitest'
import { auditor } from '../../builders/auditor.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { statusAndCode } from '../api-under-test.ts'
import { historyTextOf, workflowOf } from '../runs/run-calls.ts'
import { linkIn, mailsTo, setPassword } from './mails.ts'
import { userCalls } from './user-calls.ts'

const audit = auditor()
const { engine, api } = await startEngineForFile({ plugins: [audit.plugin] })
const { accept, addUser, anAccount, cancel, canSignIn, change, patch, read, remove, usersOf } = userCalls(
  engine,
  api,
)

const password = 'a password of the user'
const notRestored = (userId: string) => [
  { userId, code: 'former_email_taken', nextAction: expect.stringContaining('PATCH /v1/users/:id') },
]
const outputOf = ({ steps }: { steps: { id: string; output: unknown }[] }, step: string) =>
  steps.find(({ id }) => id === step)?.output

/** Closes or restores an account, and leaves the run stuck at its last step. @returns the id of the run. */
async function stuckAfter(id: string, action: 'close' | 'restore'): Promise<string> {
  audit.refuses = true
  const { body } = await change(id, action)
  audit.refuses = false
  expect(body.status).toBe('needs_attention')
  return body.id
}

async function aUnit(enterprise: string, email: string) {
  const company = { name: 'Unit', state: 'TX' }
  const body = { type: 'unit', company, user: { fullName: 'Una', email } }
  const answer = await api.post(`/v1/organizations/${enterprise}/accounts`, body, { prefer: 'wait=20' })
  return { unit: String(answer.body.organizationId), unitUser: String(answer.body.userId) }
}

describe('Closing an account', () => {
  test('The users of a closed account can not sign in, and come back with their password when it is restored', async () => {
    const { id, userId } = await anAccount('away@example.com')
    await accept('away@example.com', password)
    await canSignIn('away@example.com', password)
    await change(id, 'close')
    expect(await read(userId)).toMatchObject({
      status: 'deactivated',
      email: null,
      formerEmail: 'away@example.com',
    })
    const { internalAdapter } = await engine.identity.$context
    expect(await internalAdapter.listSessions(userId)).toEqual([])
    expect(await canSignIn('away@example.com', password)).toBe(false)
    expect(statusAndCode(await patch(userId, { email: 'other@example.com' }))).toEqual([
      409,
      'organization_not_active',
    ])
    const { body } = await change(id, 'restore')
    expect(outputOf(body, 'restore-organizations')).toEqual({ usersNotRestored: [] })
    expect(await read(userId)).toMatchObject({
      status: 'active',
      email: 'away@example.com',
      invitation: { status: 'accepted' },
    })
    expect(await canSignIn('away@example.com', password)).toBe(true)
  })

  test('The email of a closed account can be used elsewhere, and restoring names the user who stays deactivated', async () => {
    const { id, userId } = await anAccount('wanted@example.com')
    const { userId: colleague } = (await addUser(id, 'colleague@example.com')).body
    await accept('wanted@example.com', password)
    await change(id, 'close')
    const { userId: successor } = await anAccount('wanted@example.com')
    await accept('wanted@example.com', 'the new password')

    const dryRun = (await change(id, 'restore', '?dryRun=true')).body
    const preview = dryRun.steps.find((step: { id: string }) => step.id === 'restore-organizations').preview
    expect(preview.details.usersNotRestored).toMatchObject(notRestored(userId))
    expect(await read(colleague)).toMatchObject({ status: 'deactivated' })

    const { body } = await change(id, 'restore')
    expect(body.status).toBe('completed')
    const read1 = (await api.get(`/v1/operations/${body.id}`)).body
    expect(outputOf(read1, 'restore-organizations')).toMatchObject({ usersNotRestored: notRestored(userId) })
    expect(await read(userId)).toMatchObject({ status: 'deactivated', formerEmail: 'wanted@example.com' })
    expect(await read(colleague)).toMatchObject({ status: 'active', email: 'colleague@example.com' })
    expect(await read(successor)).toMatchObject({ status: 'active', email: 'wanted@example.com' })
    expect(await canSignIn('wanted@example.com', 'the new password')).toBe(true)
    expect(await canSignIn('wanted@example.com', password)).toBe(false)
    expect(await historyTextOf(workflowOf(engine, body.id, 'restore-account'))).not.toContain('wanted@')

    expect((await patch(userId, { email: 'wanted-too@example.com' })).status).toBe(200)
    expect(await usersOf(id, '?status=deactivated')).toEqual([])
  })

  test('A user whom a restore left deactivated does not come back with a later restore', async () => {
    const { id, userId } = await anAccount('passed@example.com')
    await change(id, 'close')
    const { userId: successor } = await anAccount('passed@example.com')
    await change(id, 'restore')
    await remove(successor)
    for (const action of ['suspend', 'restore', 'close', 'restore'] as const) await change(id, action)
    expect(await read(userId)).toMatchObject({ status: 'deactivated' })
  })

  test('Restoring does not bring back a user who was removed, and suspending deactivates nobody', async () => {
    const { id, userId } = await anAccount('kept@example.com')
    const { userId: removed } = (await addUser(id, 'removed@example.com')).body
    await remove(removed)
    await change(id, 'suspend')
    expect(await read(userId)).toMatchObject({ status: 'active', email: 'kept@example.com' })
    await change(id, 'close')
    await change(id, 'restore')
    expect(await read(userId)).toMatchObject({ status: 'active' })
    expect(await read(removed)).toMatchObject({ status: 'deactivated', formerEmail: 'removed@example.com' })
  })

  test('The users of the units go and come back with those of their enterprise', async () => {
    const { id, userId } = await anAccount('enterprise@example.com', { type: 'enterprise' })
    const { unitUser } = await aUnit(id, 'unit@example.com')
    await change(id, 'close')
    for (const each of [userId, unitUser]) expect(await read(each)).toMatchObject({ status: 'deactivated' })
    await anAccount('unit@example.com')
    const { body } = await change(id, 'restore')
    expect(outputOf(body, 'restore-organizations')).toMatchObject({
      usersNotRestored: notRestored(unitUser),
    })
    expect(await read(userId)).toMatchObject({ status: 'active' })
  })

  test('The users of a unit that was closed by itself stay away when its enterprise is restored, and are not named', async () => {
    const { id, userId } = await anAccount('whole@example.com', { type: 'enterprise' })
    const { unit, unitUser } = await aUnit(id, 'part@example.com')
    await change(unit, 'close')
    await anAccount('part@example.com')
    await change(id, 'close')
    const dryRun = (await change(id, 'restore', '?dryRun=true')).body
    expect(dryRun.steps.at(-2).preview.details).toEqual({ usersNotRestored: [] })
    const { body } = await change(id, 'restore')
    expect(outputOf(body, 'restore-organizations')).toEqual({ usersNotRestored: [] })
    expect([(await read(userId)).status, (await read(unitUser)).status]).toEqual(['active', 'deactivated'])
    const restored = (await change(unit, 'restore')).body
    expect(outputOf(restored, 'restore-organizations')).toMatchObject({
      usersNotRestored: notRestored(unitUser),
    })
  })

  test('A link that was sent before the closing does not work while the account is closed', async () => {
    const { id } = await anAccount('linked@example.com')
    const link = linkIn(engine, 'linked@example.com')
    await change(id, 'close')
    expect(await setPassword(api, link)).toBe(410)
    await change(id, 'restore')
    expect(await setPassword(api, link)).toBe(200)
    expect(mailsTo(engine, 'linked@example.com')).toHaveLength(1)
  })
})

describe('Undoing', () => {
  test('A cancelled closing brings the users back, and names one whose email was taken meanwhile', async () => {
    const { id, userId } = await anAccount('undone@example.com')
    const { userId: late } = (await addUser(id, 'too-late@example.com')).body
    const run = await stuckAfter(id, 'close')
    expect(await read(userId)).toMatchObject({ status: 'deactivated' })
    await anAccount('too-late@example.com')
    const cancelled = await cancel(run)
    expect(outputOf(cancelled, 'close-organizations')).toMatchObject({ usersNotRestored: notRestored(late) })
    expect(await read(userId)).toMatchObject({ status: 'active', email: 'undone@example.com' })
    expect(await read(late)).toMatchObject({ status: 'deactivated' })
  })

  test('A cancelled restore deactivates the users again, and the next restore tries each of them', async () => {
    const { id, userId } = await anAccount('again@example.com')
    const { userId: taken } = (await addUser(id, 'again-taken@example.com')).body
    await change(id, 'close')
    const { userId: taker } = await anAccount('again-taken@example.com')
    const run = await stuckAfter(id, 'restore')
    expect(await read(userId)).toMatchObject({ status: 'active' })
    await cancel(run)
    expect(await read(userId)).toMatchObject({ status: 'deactivated', formerEmail: 'again@example.com' })
    await remove(taker)
    const { body } = await change(id, 'restore')
    expect(outputOf(body, 'restore-organizations')).toEqual({ usersNotRestored: [] })
    for (const each of [userId, taken]) expect(await read(each)).toMatchObject({ status: 'active' })
  })
})

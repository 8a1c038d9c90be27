import { describe, expect, test } from 'vitest'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { auditor } from '../../builders/auditor.ts'
import { statusAndCode } from '../api-under-test.ts'
import { historyTextOf, workflowOf } from '../runs/run-calls.ts'
import { linkIn, mailsTo, setPassword } from './mails.ts'
import { userCalls } from './user-calls.ts'

const audit = auditor()
const { engine, api } = await startEngineForFile({ plugins: [audit.plugin] })
const calls = userCalls(engine, api)
const { addUser, anAccount, accept, canSignIn, changesOf, move, patch, read, remove, resend, usersOf } = calls

const password = 'a password of the user'
const key = expect.stringMatching(/^key_/)
const sessionsOf = async (userId: string) => {
  const { internalAdapter } = await engine.identity.$context
  return internalAdapter.listSessions(userId)
}

describe('Changing a user', () => {
  test('A rename changes the name for everybody, and the activity says who did it', async () => {
    const { id, userId } = await anAccount('rename@example.com')
    await accept('rename@example.com', password)
    const answer = await patch(userId, { fullName: 'Ada King' })
    expect([answer.status, answer.body.status, answer.body.kind]).toEqual([200, 'completed', 'update-user'])
    expect(answer.headers.location).toBe(`/v1/operations/${answer.body.id}`)
    expect(await read(userId)).toMatchObject({ fullName: 'Ada King', status: 'active', formerEmail: null })
    expect(await canSignIn('rename@example.com', password)).toBe(true)
    const fields = { user: { from: userId, to: userId }, fullName: { from: 'Ada', to: 'Ada King' } }
    expect(await changesOf(id)).toEqual([{ actor: key, fields }])
  })

  test('A corrected email closes the links that were sent to the old one, and the invitation was not sent to it', async () => {
    const { userId } = await anAccount('typo@example.com')
    const old = linkIn(engine, 'typo@example.com')
    expect((await patch(userId, { email: ' Fixed@Example.com' })).status).toBe(200)
    expect(await read(userId)).toMatchObject({
      email: 'fixed@example.com',
      invitation: { status: 'not_sent' },
    })
    expect(await setPassword(api, old)).toBe(410)
    expect(mailsTo(engine, 'fixed@example.com')).toEqual([])
    await resend(userId)
    expect(await accept('fixed@example.com', password)).toBe(200)
    expect(await canSignIn('fixed@example.com', password)).toBe(true)
  })

  test('The email of a user who accepted the invitation stays, and a taken email is refused', async () => {
    const { userId } = await anAccount('own@example.com')
    const { userId: pending } = await anAccount('pending@example.com')
    await accept('own@example.com', password)
    expect(statusAndCode(await patch(userId, { email: 'thief@example.com' }))).toEqual([
      409,
      'invitation_accepted',
    ])
    expect((await patch(userId, { email: 'own@example.com' })).status).toBe(200)
    const taken = await patch(pending, { email: 'OWN@example.com' })
    expect(taken).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/email', code: 'email_taken' }] },
    })
    expect(statusAndCode(await patch(pending, { phone: '1' }))).toEqual([422, 'invalid_request'])
  })

  test('An onboarding that is stuck at its message sends it to the changed email and name', async () => {
    engine.mailbox.unknownRecipients.add('lost@example.com')
    const { userId, onboardingId } = await anAccount('lost@example.com')
    await patch(userId, { email: 'found@example.com', fullName: 'Ada Found' })
    await api.post(`/v1/onboardings/${onboardingId}/retry`)
    await api.until(onboardingId, 'completed')
    expect(mailsTo(engine, 'found@example.com')[0]?.text).toContain('Ada Found')
    expect((await read(userId)).invitation).toMatchObject({ status: 'sent' })
  })

  test('Two changes at once take effect one after the other, or the second is refused', async () => {
    const { id, userId } = await anAccount('twice@example.com')
    const names = ['One', 'Two', 'Three', 'Four']
    const answers = await Promise.all(names.map((fullName) => patch(userId, { fullName })))
    const accepted = answers.filter(({ status }) => status === 200)
    expect(accepted.length).toBeGreaterThan(0)
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(statusAndCode(answer)).toEqual([409, 'operation_in_progress'])
    expect(await changesOf(id)).toHaveLength(accepted.length)
  })

  test('A repeated key is the same change, another body is refused, and a dry run has no effect', async () => {
    const { id, userId } = await anAccount('again@example.com')
    const ticket = { 'idempotency-key': 'ticket-1' }
    const dryRun = await api.patch(`/v1/users/${userId}?dryRun=true`, { fullName: 'Dry' })
    expect(dryRun).toMatchObject({
      status: 200,
      body: { kind: 'update-user', steps: [{ id: 'update-user' }] },
    })
    expect(await changesOf(id)).toEqual([])
    const [one, two] = [
      await patch(userId, { fullName: 'One' }, ticket),
      await patch(userId, { fullName: 'One' }, ticket),
    ]
    expect(two.body.id).toBe(one.body.id)
    expect(await changesOf(id)).toHaveLength(1)
    expect(statusAndCode(await patch(userId, { fullName: 'Two' }, ticket))).toEqual([
      422,
      'idempotency_key_reused',
    ])
  })

  test('Temporal gets neither the name nor the email', async () => {
    const { userId } = await anAccount('secret@example.com')
    const { body } = await patch(userId, { email: 'more.secret@example.com', fullName: 'Secretive' })
    const workflow = workflowOf(engine, body.id, 'update-user')
    expect(await (await workflow.describe()).staticSummary()).toBe('Change a user of “Northwind Traders”')
    expect(await historyTextOf(workflow)).not.toMatch(/secret/i)
  })
})

describe('Moving a user', () => {
  test('A moved user is signed out, keeps the password, and is in the activity of both organizations', async () => {
    const { id, userId } = await anAccount('mover@example.com')
    const { id: other } = await anAccount('host@example.com', { name: 'Fabrikam' })
    await accept('mover@example.com', password)
    await canSignIn('mover@example.com', password)
    expect(await sessionsOf(userId)).toHaveLength(1)
    const { status, body } = await move(userId, other)
    expect([status, body.status]).toEqual([200, 'completed'])
    expect(await sessionsOf(userId)).toEqual([])
    expect((await read(userId)).organizationId).toBe(other)
    expect([await usersOf(id), (await usersOf(other)).length]).toEqual([[], 2])
    expect(await changesOf(id)).toEqual([{ actor: key, fields: { user: { from: userId, to: null } } }])
    expect(await changesOf(other)).toEqual([{ actor: key, fields: { user: { from: null, to: userId } } }])
    expect(await canSignIn('mover@example.com', password)).toBe(true)
  })

  test('A repeated key is the same move after the user was moved, and the next message names the new organization', async () => {
    const { userId } = await anAccount('nomad@example.com')
    const { id: other } = await anAccount('hotel@example.com', { name: 'Fabrikam' })
    const ticket = { 'idempotency-key': 'move-1' }
    const [one, two] = [await move(userId, other, ticket), await move(userId, other, ticket)]
    expect([one.status, two.status, two.body.id]).toEqual([200, 200, one.body.id])
    expect(await changesOf(other)).toHaveLength(1)
    expect((await resend(userId)).body).toMatchObject({ status: 'completed', organizationId: other })
    expect(mailsTo(engine, 'nomad@example.com').at(-1)?.subject).toContain('Fabrikam')
  })

  test('A user moves only to another active organization that the caller can see', async () => {
    const platform = await platformId(engine.db)
    const partner = await anOrganization(engine.db, platform)
    const below = await anOrganization(engine.db, partner, { type: 'customer' })
    const outside = await anOrganization(engine.db, platform, { type: 'customer' })
    const asPartner = await aKeyHeader(engine.db, partner)
    const { userId } = (await addUser(partner, 'inside@example.com')).body
    const to = async (target: string) => statusAndCode(await move(userId, target, asPartner))
    for (const target of [outside, partner, 'org_nowhere', 'root'])
      expect(await to(target)).toEqual([422, 'invalid_request'])
    await setStatus(engine.db, below, 'suspended')
    expect(await to(below)).toEqual([409, 'organization_not_active'])
    await setStatus(engine.db, below, 'active')
    expect(await to(below)).toEqual([200, undefined])
  })

  test('A cancelled move brings the user back', async () => {
    const { id, userId } = await anAccount('boomerang@example.com')
    const { id: other } = await anAccount('visited@example.com')
    audit.refuses = true
    const { body } = await move(userId, other)
    audit.refuses = false
    expect([body.status, (await read(userId)).organizationId]).toEqual(['needs_attention', other])
    expect(statusAndCode(await patch(userId, { fullName: 'Busy' }))).toEqual([409, 'operation_in_progress'])
    expect((await calls.cancel(body.id)).notUndone).toEqual([])
    expect((await read(userId)).organizationId).toBe(id)
  })
})

describe('Removing a user', () => {
  test('A removed user is signed out for good, stays readable, and its email can be added under another parent', async () => {
    const { id, userId } = await anAccount('gone@example.com')
    await accept('gone@example.com', password)
    await canSignIn('gone@example.com', password)
    await resend(userId)
    const link = linkIn(engine, 'gone@example.com')
    expect((await remove(userId)).body).toMatchObject({ kind: 'remove-user', status: 'completed', userId })
    expect(await sessionsOf(userId)).toEqual([])
    expect(await canSignIn('gone@example.com', password)).toBe(false)
    expect(await setPassword(api, link)).toBe(410)
    const gone = { id: userId, status: 'deactivated', email: null, formerEmail: 'gone@example.com' }
    expect(await read(userId)).toMatchObject(gone)
    expect(await usersOf(id, '?status=active')).toEqual([])
    expect(await usersOf(id, '?status=deactivated')).toMatchObject([gone])
    const status = { from: 'active', to: 'deactivated' }
    expect((await changesOf(id))[0]).toEqual({
      actor: key,
      fields: { user: { from: userId, to: userId }, status },
    })

    const { id: other } = await anAccount('neighbour@example.com')
    expect((await addUser(other, 'gone@example.com')).status).toBe(201)
    expect(await canSignIn('gone@example.com', password)).toBe(false)
  })

  test('A deactivated user gets no message, no move and no second removal, and comes back with an email', async () => {
    const { id, userId } = await anAccount('leaver@example.com')
    const { id: other } = await anAccount('elsewhere@example.com')
    await accept('leaver@example.com', password)
    await remove(userId)
    const refused = [
      await resend(userId),
      await move(userId, other),
      await remove(userId),
      await patch(userId, { fullName: 'X' }),
    ]
    for (const answer of refused) expect(statusAndCode(answer)).toEqual([409, 'user_deactivated'])

    await addUser(other, 'leaver@example.com')
    expect(statusAndCode(await patch(userId, { email: 'leaver@example.com' }))).toEqual([
      422,
      'invalid_request',
    ])
    expect((await patch(userId, { email: 'returned@example.com' })).status).toBe(200)
    expect(await usersOf(id)).toMatchObject([
      {
        id: userId,
        status: 'active',
        email: 'returned@example.com',
        formerEmail: null,
        invitation: { status: 'not_sent' },
      },
    ])
    // Another mailbox may have another reader, who must not have the password of the first one.
    expect(await canSignIn('returned@example.com', password)).toBe(false)
    await resend(userId)
    expect(await accept('returned@example.com', 'the next password')).toBe(200)
  })

  test('A removed user who comes back with the former email signs in with the old password', async () => {
    const { userId } = await anAccount('regret@example.com')
    await accept('regret@example.com', password)
    await remove(userId)
    expect(await canSignIn('regret@example.com', password)).toBe(false)
    await patch(userId, { email: 'regret@example.com' })
    expect(await canSignIn('regret@example.com', password)).toBe(true)
  })

  test('An onboarding that is stuck at the message of a removed user says so', async () => {
    engine.mailbox.unknownRecipients.add('nobody@example.com')
    const { userId, onboardingId } = await anAccount('nobody@example.com')
    await remove(userId)
    engine.mailbox.unknownRecipients.delete('nobody@example.com')
    await api.post(`/v1/onboardings/${onboardingId}/retry`)
    const stuck = async () => (await api.get(`/v1/onboardings/${onboardingId}`)).body.steps.at(-1).error
    await expect.poll(stuck).toMatchObject({ code: 'user_not_found' })
    expect(mailsTo(engine, 'nobody@example.com')).toEqual([])
    await api.post(`/v1/onboardings/${onboardingId}/cancel`)
    await api.until(onboardingId, 'cancelled')
    expect((await api.get(`/v1/users/${userId}`)).status).toBe(404)
  })

  test('A cancelled removal brings the user back, unless the email was taken meanwhile, which the run names', async () => {
    const { id: other } = await anAccount('taker@example.com')
    const stuckRemoval = async (email: string) => {
      const { userId } = await anAccount(email)
      audit.refuses = true
      const { body } = await remove(userId)
      audit.refuses = false
      expect([body.status, (await read(userId)).status]).toEqual(['needs_attention', 'deactivated'])
      return { userId, operationId: String(body.id) }
    }
    const back = await stuckRemoval('back@example.com')
    const { steps } = await calls.cancel(back.operationId)
    expect(steps[0]).toMatchObject({ status: 'compensated', output: { usersNotRestored: [] } })
    expect(await read(back.userId)).toMatchObject({ status: 'active', email: 'back@example.com' })

    const late = await stuckRemoval('late@example.com')
    await addUser(other, 'late@example.com')
    const named = (await calls.cancel(late.operationId)).steps[0].output.usersNotRestored
    expect(named).toMatchObject([{ userId: late.userId, code: 'former_email_taken' }])
    expect(await read(late.userId)).toMatchObject({ status: 'deactivated', formerEmail: 'late@example.com' })
  })
})

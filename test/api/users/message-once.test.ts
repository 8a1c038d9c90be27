import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { startScriptedMailServer } from '../../plugins/smtp/scripted-mail-server.ts'

const server = await startScriptedMailServer()
afterAll(() => server.stop())
const { engine, api } = await startEngineForFile({ mail: { url: `smtp://${server.host}`, patience: 600 } })
afterEach(() => void (server.script = {}))

const waiting = { prefer: 'wait=30' }
const mailsTo = (email: string) => server.messages.filter((message) => message.includes(`<${email}>`)).length

/** The runs that send a message. Each returns its address and the number of messages before it. */
const runs: Record<
  string,
  (email: string, misbehave: () => void) => Promise<{ url: string; before: number }>
> = {
  async 'An onboarding'(email, misbehave) {
    misbehave()
    const { body } = await api.addAccount(anAccountBody({ email }), waiting)
    return { url: `/v1/onboardings/${body.id}`, before: 0 }
  },
  async 'Adding a user'(email, misbehave) {
    misbehave()
    const user = { fullName: 'Ada', email }
    const { body } = await api.post('/v1/organizations/root/users', user, waiting)
    return { url: `/v1/operations/${body.id}`, before: 0 }
  },
  async 'Resending an invitation'(email, misbehave) {
    const user = { fullName: 'Ada', email }
    const added = await api.post('/v1/organizations/root/users', user, waiting)
    misbehave()
    const url = `/v1/users/${added.body.userId}/password-instructions`
    const { body } = await api.post(url, {}, waiting)
    return { url: `/v1/operations/${body.id}`, before: 1 }
  },
}

const losses = [
  ['breaks the connection after it took the message', 'drop'],
  ['never answers after it took the message', 'hang'],
] as const

describe.each(losses)('When the mail server %s', (_, behaviour) => {
  test.each(Object.keys(runs))('%s sends the message once, until a person retries it', async (name) => {
    const email = `${name.toLowerCase().replaceAll(' ', '-')}-${behaviour}@example.com`
    const run = await runs[name]?.(email, () => void (server.script = { message: behaviour }))
    if (run === undefined) throw new Error(`There is no ${name}.`)
    const stuck = await api.get(run.url)
    expect(stuck.body).toMatchObject({
      status: 'needs_attention',
      invitation: { status: 'unknown', error: { code: 'mail_outcome_unknown' } },
    })
    expect(mailsTo(email)).toBe(run.before + 1)

    // Another worker does not send the message either.
    server.script = {}
    await engine.restartWorker()
    expect((await api.get(run.url)).body.status).toBe('needs_attention')
    expect(mailsTo(email)).toBe(run.before + 1)

    const retried = await api.post(`${run.url}/retry`, { reason: 'It did not arrive.' })
    expect(retried.status).toBe(202)
    await expect
      .poll(async () => (await api.get(run.url)).body)
      .toMatchObject({ status: 'completed', invitation: { status: 'sent' } })
    expect(mailsTo(email)).toBe(run.before + 2)
  })
})

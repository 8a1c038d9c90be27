import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { tries } from '../../stack/extent.ts'
import { untilOperation } from '../runs/run-calls.ts'
import { userCalls } from './user-calls.ts'
import { afterCommand, type UserCommand, type UserModel } from './user-model.ts'

const { engine, api } = await startEngineForFile()
const { change, move, patch, remove, usersOf } = userCalls(engine, api)

/** A request whose accounts, emails and users are numbers, which are resolved when it is sent. */
type Draft = { do: UserCommand['do']; account: number; email: number; user: number }

const draft: fc.Arbitrary<Draft> = fc.record({
  do: fc.constantFrom(
    'add',
    'add',
    'rename',
    'readdress',
    'readdress',
    'move',
    'remove',
    'close',
    'close',
    'restore',
    'restore',
  ),
  account: fc.nat(1),
  email: fc.nat(1),
  user: fc.nat(2),
})
/** One request, or two at the same moment. */
const moment = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(draft) },
  { weight: 1, arbitrary: fc.tuple(draft, draft) },
)

interface Sent {
  command: UserCommand
  /** The request was accepted, and its run is completed. */
  hasEffect: boolean
  /** The user that it added. */
  userId: string
  /** The users that a restore named. */
  notRestored: string[]
}

let tried = 0

test('In any sequence of changes an email belongs to one user who can sign in, and each change has its effect once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 8, maxLength: 24 }), async (moments) => {
      tried += 1
      const accounts = [await anAccount(), await anAccount()]
      let model: UserModel = { users: {}, closed: [] }
      const trail: string[] = []
      for (const drafts of moments) {
        const ids = Object.keys(model.users)
        const commands = drafts.flatMap((each) => resolve(each, accounts, ids) ?? [])
        const sent = await Promise.all(commands.map(send))
        trail.push(JSON.stringify(sent))
        const possible = [sent, sent.toReversed()].flatMap((order) => inOrder(model, order) ?? [])
        const [only] = sent
        // A request that is alone is refused only by the rules. One of two can also be refused because of the other.
        if (sent.length === 1 && only !== undefined)
          expect([only.hasEffect, ...trail]).toEqual([
            afterCommand(model, only.command) !== undefined,
            ...trail,
          ])
        const shown = await shownUsers(accounts)
        const fitting = possible.find(({ users }) => JSON.stringify(sorted(users)) === JSON.stringify(shown))
        if (fitting === undefined)
          expect({ trail, shown }).toEqual({ trail, shown: possible.map(({ users }) => sorted(users)) })
        else model = fitting
      }
    }),
    // Shrinking would repeat the runs for minutes; the trail in the message says what happened.
    { ...tries(32), endOnFailure: true },
  )
})

async function anAccount(): Promise<string> {
  return (await api.addAccount(anAccountBody())).body.organizationId
}

function resolve(from: Draft, accounts: string[], ids: string[]): UserCommand | undefined {
  const account = accounts[from.account] ?? ''
  const email = `user-${from.email}-of-${tried}@example.com`
  const user = ids.at(from.user % Math.max(ids.length, 1))
  if (from.do === 'add') return { do: 'add', account, email }
  if (from.do === 'close' || from.do === 'restore') return { do: from.do, account }
  if (user === undefined) return undefined
  return { do: from.do, user, account, email, fullName: `Grace ${from.email}` }
}

async function send(command: UserCommand): Promise<Sent> {
  const { status, body } = await request(command)
  expect(status).toBeLessThan(500)
  const hasEffect = status < 300 && body.status === 'completed'
  // A run that lost its email or account to another one fails, or needs a person.
  if (status < 300 && body.status === 'needs_attention') {
    await api.post(`/v1/operations/${body.id}/cancel`)
    await untilOperation(api, body.id, 'cancelled')
  }
  const notRestored = (body.steps ?? []).flatMap(
    ({ output }: { output: { usersNotRestored?: { userId: string }[] } | null }) =>
      output?.usersNotRestored?.map(({ userId }) => userId) ?? [],
  )
  return { command, hasEffect, userId: String(body.userId), notRestored }
}

function request(command: UserCommand) {
  if (command.do === 'close' || command.do === 'restore') return change(command.account, command.do)
  if (command.do === 'rename') return patch(command.user, { fullName: command.fullName })
  if (command.do === 'readdress') return patch(command.user, { email: command.email })
  if (command.do === 'move') return move(command.user, command.account)
  if (command.do === 'remove') return remove(command.user)
  const body = { fullName: 'Grace', email: command.email, sendPasswordInstructions: false }
  return api.post(`/v1/organizations/${command.account}/users`, body, { prefer: 'wait=20' })
}

/** The model after the requests with an effect, in this order; undefined when the rules refuse one of them there. */
function inOrder(before: UserModel, sent: Sent[]): UserModel | undefined {
  let model = before
  for (const { command, userId, notRestored } of sent.filter(({ hasEffect }) => hasEffect)) {
    const after = afterCommand(model, command, userId)
    if (after === undefined) return undefined
    const stays = ([id, user]: [string, UserModel['users'][string]]) =>
      model.users[id]?.returns && user.email === null
    const named = command.do === 'restore' ? Object.entries(after.users).filter(stays) : []
    const mine = named.filter(([, { account }]) => 'account' in command && account === command.account)
    if (JSON.stringify(mine.map(([id]) => id).toSorted()) !== JSON.stringify(notRestored.toSorted()))
      return undefined
    model = after
  }
  return model
}

/** The users of both accounts as the API shows them, by id. */
async function shownUsers(accounts: string[]) {
  const lists = await Promise.all(accounts.map((id) => usersOf(id, '?limit=100')))
  const users = lists.flat().map(({ id, organizationId: account, fullName, email, formerEmail, status }) => {
    expect(status).toBe(email === null ? 'deactivated' : 'active')
    return [id, { account, fullName, email, formerEmail }]
  })
  const emails = users.flatMap(([, { email }]) => email ?? [])
  expect(new Set(emails).size).toBe(emails.length)
  return users.toSorted(([one], [other]) => (one < other ? -1 : 1))
}

const sorted = (users: UserModel['users']) =>
  Object.entries(users)
    .map(
      ([id, { account, fullName, email, formerEmail }]) =>
        [id, { account, fullName, email, formerEmail }] as const,
    )
    .toSorted(([one], [other]) => (one < other ? -1 : 1))

import fc from 'fast-check'
import { sql, type Transaction } from 'kysely'
import { expect, test } from 'vitest'
import type { Database } from '../../../domain/database/tables.ts'
import { findPlace } from '../../../domain/organizations/organization-tree.ts'
import { platformPath } from '../../../domain/organizations/read-organizations.ts'
import {
  decideStanding,
  holdStanding,
  lockStanding,
  undoStanding,
} from '../../../domain/organizations/standing.ts'
import { anOrganization } from '../../builders/organization.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'
import { tries } from '../../stack/extent.ts'

const { db } = await freshDatabaseForFile()
const platform = await platformPath(db)
const partner = await anOrganization(db, platform.slice(0, -1))
const levels = [platform, `${platform}${partner}/`]

const statusOf = async (id: string) => (await findPlace(db, id))?.status

/** A decision on one of three organizations by one of two levels, or the undo of an earlier decision. */
interface Act {
  about: number
  level: number
  what: 'suspended' | 'closed' | 'active' | 'undo'
  /** For an undo: how many acts ago the undone one was. */
  ago: number
}

const anAct: fc.Arbitrary<Act> = fc.record({
  about: fc.nat(2),
  level: fc.nat(1),
  what: fc.constantFrom('suspended', 'closed', 'active', 'undo'),
  ago: fc.integer({ min: 1, max: 5 }),
})

/** What each level says about an organization: the decisions in their order, without those that were undone. */
function decisionsOn(about: number, acts: readonly Act[]): string[] {
  const undone = new Set(acts.flatMap(({ what, ago }, index) => (what === 'undo' ? [index - ago] : [])))
  const byLevel = ['active', 'active']
  for (const [index, act] of acts.entries()) {
    if (act.about !== about || act.what === 'undo' || undone.has(index)) continue
    byLevel[act.level] = act.what
    // A restore by the upper level also ends the decision of the lower one.
    if (act.what === 'active' && act.level === 0) byLevel[1] = 'active'
  }
  return byLevel
}

function strongest(decisions: readonly string[]): string {
  return ['closed', 'suspended'].find((status) => decisions.includes(status)) ?? 'active'
}

test('After any decisions and undos, each status is the strongest decision on the unit or on what is above it', async () => {
  const property = fc.asyncProperty(fc.array(anAct, { minLength: 1, maxLength: 8 }), async (acts) => {
    const enterprise = await anOrganization(db, partner, { type: 'enterprise' })
    const unit = await anOrganization(db, enterprise, { type: 'unit' })
    const ids = [enterprise, unit, await anOrganization(db, unit, { type: 'unit' })]
    for (const [index, act] of acts.entries()) {
      const undone = acts[index - act.ago]
      await db.transaction().execute(async (transaction) => {
        const about = act.what === 'undo' ? undone?.about : act.about
        const place = await lockStanding(transaction, ids[about ?? 0] ?? '')
        if (place === undefined) throw new Error('The organization is there.')
        if (act.what === 'undo') return undoStanding(transaction, place, `act ${index - act.ago}`)
        const level = levels[act.level] ?? platform
        return decideStanding(transaction, place, { level, status: act.what, by: `act ${index}` })
      })
      const before = acts.slice(0, index + 1)
      const on = ids.map((_, about) => decisionsOn(about, before))
      const wanted = ids.map((_, about) => strongest(on.slice(0, about + 1).flat()))
      expect(await Promise.all(ids.map(statusOf))).toEqual(wanted)
    }
  })
  await fc.assert(property, tries(60))
})

/** Starts a transaction that does `work` and then waits. @returns once the work is done; `commit` ends it. */
async function inOpenTransaction(work: (transaction: Transaction<Database>) => Promise<unknown>) {
  const worked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const committed = db.transaction().execute(async (transaction) => {
    await work(transaction)
    worked.resolve()
    await released.promise
  })
  await worked.promise
  return {
    async commit() {
      released.resolve()
      await committed
    },
  }
}

const decide =
  (id: string, status: 'suspended' | 'closed' | 'active') =>
  async (transaction: Transaction<Database>): Promise<void> => {
    const place = await lockStanding(transaction, id)
    if (place === undefined) throw new Error('The organization is there.')
    await decideStanding(transaction, place, { level: platform, status, by: `${status} ${id}` })
  }

async function untilBlocked(): Promise<void> {
  const blocked = sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  `
  await expect.poll(async () => (await blocked.execute(db)).rows.length).toBe(1)
}

async function anEnterpriseWithUnit() {
  const enterprise = await anOrganization(db, partner, { type: 'enterprise' })
  return { enterprise, unit: await anOrganization(db, enterprise, { type: 'unit' }) }
}

test('Closing an enterprise waits for an effect on its unit, and an effect on the unit waits for the closing', async () => {
  const { enterprise, unit } = await anEnterpriseWithUnit()
  const effect = await inOpenTransaction((transaction) => holdStanding(transaction, unit))
  const closing = db.transaction().execute(decide(enterprise, 'closed'))
  await untilBlocked()
  expect(await statusOf(unit)).toBe('active')
  await effect.commit()
  await closing
  const restoring = await inOpenTransaction(decide(enterprise, 'active'))
  const held = db.transaction().execute((transaction) => holdStanding(transaction, unit))
  await untilBlocked()
  await restoring.commit()
  expect(await held).toBe('active')
})

test('A unit that is restored while its enterprise is being closed is closed', async () => {
  const { enterprise, unit } = await anEnterpriseWithUnit()
  await db.transaction().execute(decide(unit, 'closed'))
  const closing = await inOpenTransaction(decide(enterprise, 'closed'))
  const restored = db.transaction().execute(decide(unit, 'active'))
  await untilBlocked()
  await closing.commit()
  await restored
  expect(await Promise.all([enterprise, unit].map(statusOf))).toEqual(['closed', 'closed'])
})

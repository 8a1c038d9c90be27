import { beforeEach, describe, expect, test } from 'vitest'
import { monthOf } from '../../../domain/billing/months.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { unbilledUsage } from '../../builders/usage-on-no-bill.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const month = '2024-03'

const { db } = await freshDatabaseForFile()
const root = await platformId(db)
let account: string
beforeEach(async () => {
  account = await anOrganization(db, root, { type: 'enterprise' })
})

const used = (of = month) => unbilledUsage(db, account, of)

describe('the usage of a month', () => {
  test('has each device that held a license at any time within the month', async () => {
    await aPlanPeriod(db, account)
    await aLicenseUse(db, account, { from: '2024-01-01T00:00:00Z', to: '2024-03-01T00:00:00Z' })
    await aLicenseUse(db, account, { from: '2024-04-01T00:00:00Z' })
    expect(await used()).toEqual({})
    await aLicenseUse(db, account, { from: '2024-01-01T00:00:00Z', to: '2024-03-01T00:00:00.001Z' })
    await aLicenseUse(db, account, { from: '2024-03-31T23:59:59.999Z' })
    await aLicenseUse(db, account, { from: '2024-03-10T10:00:00Z', to: '2024-03-10T10:00:01Z' })
    await aLicenseUse(db, account, { from: '2024-01-01T00:00:00Z' })
    expect(await used()).toEqual({ subscription: '0+4' })
  })

  test('has a device once that was removed, added again and moved between units', async () => {
    await aPlanPeriod(db, account)
    const units = [
      await anOrganization(db, account, { type: 'unit' }),
      await anOrganization(db, account, { type: 'unit' }),
    ]
    const device = await aLicenseUse(db, account, {
      organizationId: units[0] ?? '',
      from: '2024-03-02T00:00:00Z',
      to: '2024-03-05T00:00:00Z',
    })
    await db
      .updateTable('devices')
      .set({ organization_id: units[1] ?? '' })
      .where('id', '=', device)
      .execute()
    await aLicenseUse(db, account, { device, from: '2024-03-05T00:00:00Z', to: '2024-03-06T00:00:00Z' })
    await aLicenseUse(db, account, { device, from: '2024-03-20T00:00:00Z' })
    expect(await used()).toEqual({ subscription: '0+1' })
  })

  test('has a device that was removed later', async () => {
    await aPlanPeriod(db, account)
    await aLicenseUse(db, account, { to: '2024-03-15T00:00:00Z', removed: '2024-03-15T00:00:00Z' })
    expect(await used()).toEqual({ subscription: '0+1' })
    expect(await used('2024-04')).toEqual({})
  })

  test('has no device that held a license only while its unit was suspended or closed', async () => {
    await aPlanPeriod(db, account)
    const unit = await anOrganization(db, account, { type: 'unit' })
    const pauses = [
      ['2024-03-05T00:00:00Z', '2024-03-10T00:00:00Z'],
      ['2024-03-20T00:00:00Z', null],
    ] as const
    for (const [from, to] of pauses)
      await db
        .insertInto('inactive_periods')
        .values({ organization_id: unit, starts_at: new Date(from), ends_at: to && new Date(to) })
        .execute()
    const within = { organizationId: unit, from: '2024-03-06T00:00:00Z', to: '2024-03-08T00:00:00Z' }
    await aLicenseUse(db, account, within)
    await aLicenseUse(db, account, { ...within, organizationId: account })
    await aLicenseUse(db, account, { ...within, to: '2024-03-11T00:00:00Z' })
    await aLicenseUse(db, account, { organizationId: unit, from: '2024-03-21T00:00:00Z' })
    await aLicenseUse(db, account, { organizationId: unit, from: '2024-03-12T00:00:00Z' })
    expect(await used()).toEqual({ subscription: '0+3' })
    expect(await used('2024-04')).toEqual({})
  })

  test('has no device that drew on the pool of another account', async () => {
    await aPlanPeriod(db, account)
    await aLicenseUse(db, await anOrganization(db, account, { type: 'enterprise' }))
    expect(await used()).toEqual({})
  })

  test('has the devices up to now when the month has not ended', async () => {
    await aPlanPeriod(db, account)
    await aLicenseUse(db, account)
    await aLicenseUse(db, account, { from: new Date(Date.now() + 60_000).toISOString() })
    expect(await used(monthOf(new Date()))).toEqual({ subscription: '0+1' })
    expect(await used('2999-01')).toEqual({})
  })
})

describe('a plan change within the month', () => {
  test('counts a device as purchased when it held a license after the conversion, and otherwise as trial', async () => {
    await aPlanPeriod(db, account, { kind: 'trial', to: '2024-03-15T00:00:00Z' })
    await aPlanPeriod(db, account, { kind: 'purchased', from: '2024-03-15T00:00:00Z' })
    await aLicenseUse(db, account)
    await aLicenseUse(db, account, { to: '2024-03-15T00:00:00Z' })
    await aLicenseUse(db, account, { from: '2024-03-16T00:00:00Z', to: '2024-03-17T00:00:00Z' })
    expect(await used()).toEqual({ subscription: '1+2' })
  })

  test('back to a trial counts a device as purchased when it held a license before the change', async () => {
    await aPlanPeriod(db, account, { kind: 'purchased', to: '2024-03-15T00:00:00Z' })
    await aPlanPeriod(db, account, { kind: 'trial', from: '2024-03-15T00:00:00Z' })
    await aLicenseUse(db, account)
    await aLicenseUse(db, account, { from: '2024-03-16T00:00:00Z' })
    expect(await used()).toEqual({ subscription: '1+1' })
  })

  test('by a suspension does not count a device that held a license only during the suspension', async () => {
    await aPlanPeriod(db, account, { to: '2024-03-10T00:00:00Z' })
    await aPlanPeriod(db, account, { from: '2024-03-20T00:00:00Z', subscription: 'later' })
    await aLicenseUse(db, account, { from: '2024-03-12T00:00:00Z', to: '2024-03-18T00:00:00Z' })
    await aLicenseUse(db, account, { to: '2024-03-12T00:00:00Z' })
    expect(await used()).toEqual({ subscription: '0+1' })
  })

  test('counts a device for the last subscription under which it held a license of its kind', async () => {
    await aPlanPeriod(db, account, { subscription: 'old', to: '2024-03-10T00:00:00Z' })
    await aPlanPeriod(db, account, {
      subscription: 'new',
      from: '2024-03-10T00:00:00Z',
      to: '2024-03-20T00:00:00Z',
    })
    await aPlanPeriod(db, account, { subscription: 'trial', kind: 'trial', from: '2024-03-20T00:00:00Z' })
    await aLicenseUse(db, account)
    await aLicenseUse(db, account, { to: '2024-03-05T00:00:00Z' })
    await aLicenseUse(db, account, { from: '2024-03-25T00:00:00Z' })
    expect(await used()).toEqual({ old: '0+1', new: '0+1', trial: '1+0' })
  })
})

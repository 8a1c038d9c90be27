import { findLastTerms } from '../../domain/plans/import-subscription.ts'
import { isForeignKeyViolation } from '../../domain/database/foreign-key-violation.ts'
import { dropDocument } from '../../domain/billing/held-documents.ts'
import { recordDeviceChange } from '../../domain/organizations/record-change.ts'
import { freeLicenseOfRemoved, releaseDevice } from '../../domain/licenses/device-records.ts'
import { openLicensePool } from '../../domain/licenses/license-pools.ts'
import { deleteEmptyOrganization } from '../../domain/organizations/remove-organization.ts'
import { findSubscription } from '../../domain/plans/subscriptions.ts'
import { deleteUser } from '../../domain/users/user-records.ts'
import { devices, documents, organizations, users } from './compare-records.ts'
import { holdUnchanging, requireNoRun, sameAs } from './recheck.ts'
import { refused, type Remediation } from './remediation.ts'

export const keepOrganization: Remediation = async ({ db }, finding) => {
  await requireNoRun(db, finding.organizationId)
  sameAs(finding, await organizations.lookAt(db, finding.subject))
  return {}
}

export const keepUser: Remediation = async ({ db }, finding) => {
  sameAs(finding, await users.lookAt(db, finding.subject))
  return {}
}

export const removeOrganization: Remediation = async ({ db }, finding) => {
  const organizationId = finding.subject
  await requireNoRun(db, organizationId)
  sameAs(finding, await organizations.lookAt(db, organizationId))
  return {
    async here(transaction) {
      await holdUnchanging(transaction, organizationId)
      if ((await findSubscription(transaction, organizationId)) !== undefined)
        throw refused('It has a plan, which may be billed. Close the account instead: POST …/close.')
      try {
        if (await deleteEmptyOrganization(transaction, { id: organizationId, by: finding.id })) return
      } catch (error) {
        if (!isForeignKeyViolation(error)) throw error
        throw refused('Keys, invoices or licenses refer to it. Close the account instead: POST …/close.')
      }
      throw refused('Accounts, users or devices are below it. Remove them first.')
    },
  }
}

export const removeUser: Remediation = async ({ db }, finding) => {
  sameAs(finding, await users.lookAt(db, finding.subject))
  return { here: (transaction) => deleteUser(transaction, finding.subject) }
}

/** Creates the missing license pool of a billed account, with the number of licenses in its plan. */
export const openPool: Remediation = async ({ db }, finding) => {
  const organizationId = finding.subject
  await requireNoRun(db, organizationId)
  sameAs(finding, await organizations.lookAt(db, organizationId))
  const terms = await findLastTerms(db, organizationId)
  if (terms === undefined) throw refused('It is not on record how many licenses the plan has.')
  return {
    async here(transaction) {
      await holdUnchanging(transaction, organizationId)
      await openLicensePool(transaction, { organizationId, allocated: terms.licenses })
    },
  }
}

export const freeLicense: Remediation = async ({ db }, finding) => {
  sameAs(finding, await devices.lookAt(db, finding.subject))
  return { here: (transaction) => freeLicenseOfRemoved(transaction, finding.subject) }
}

export const removeUnlicensedDevice: Remediation = async ({ db }, finding) => {
  const { subject, organizationId } = finding
  sameAs(finding, await devices.lookAt(db, subject))
  return {
    async here(transaction, { actor }) {
      await releaseDevice(transaction, subject)
      const change = { organizationId: organizationId ?? '', actor, from: subject, to: null }
      await recordDeviceChange(transaction, change)
    },
  }
}

export const dropHeldDocument: Remediation = async ({ db }, finding) => {
  sameAs(finding, await documents.lookAt(db, finding.subject))
  return { here: (transaction) => dropDocument(transaction, finding.subject) }
}

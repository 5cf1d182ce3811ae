/** Iceberg's JDBC catalog: one row a table, with the address of its newest metadata. */
import { LakeproofError } from "../../../core/errors.ts";
import { withPostgres } from "../../../infra/clients/postgres.ts";
import type { Catalog } from "./reader.ts";

export interface CatalogFacts {
  readonly address: string;
  readonly database: string;
  /** As in the engines' configuration: several catalogs may share the database. */
  readonly catalog: string;
  readonly namespace: string;
}

export function jdbcCatalog({ address, database, catalog, namespace }: CatalogFacts): Catalog {
  return (table, signal) =>
    withPostgres(address, database, signal, async (client) => {
      const found = await client.query<{ metadata_location: string | null }>(
        `SELECT metadata_location FROM iceberg_tables
         WHERE catalog_name = $1 AND table_namespace = $2 AND table_name = $3`,
        [catalog, namespace, table],
      );
      const location = found.rows[0]?.metadata_location;
      if (location !== undefined && location !== null) return location;
      throw new LakeproofError(
        "CLIENT_FAILED",
        `The catalog ${catalog} has no table ${namespace}.${table}.`,
        { hint: "Check the catalog's name and that the lake was set up, with `lakeproof status`." },
      );
    });
}

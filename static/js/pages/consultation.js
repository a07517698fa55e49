// The pages of a consultation: rows of an opinion, what a request still lacks, the first picture of a case.
import { tendMissing } from "../ui/consultation/missing.js";
import { openFirst } from "../ui/consultation/first.js";
import { tendRows } from "../ui/consultation/rows.js";

tendRows();
tendMissing();
openFirst();

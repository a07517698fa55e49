// The pages of a consultation: rows of an opinion, what a request still lacks, the first picture, the centre's board.
import { tendBoard } from "../ui/consultation/board.js";
import { tendMissing } from "../ui/consultation/missing.js";
import { openFirst } from "../ui/consultation/first.js";
import { tendRows } from "../ui/consultation/rows.js";

tendRows();
tendMissing();
openFirst();
tendBoard();

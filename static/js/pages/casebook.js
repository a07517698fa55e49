// Brings <mask-desk> to the page on which a file is looked through.
import { MaskDesk } from "../ui/casebook/mask-desk.js";

customElements.define("mask-desk", MaskDesk);
